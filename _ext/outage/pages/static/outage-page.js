/**
 * What the theme leaves out on every page: names for the buttons that unfold its list of pages.
 */
(function () {
  "use strict";

  document.querySelectorAll(".bd-sidebar-primary details > summary").forEach((summary) => {
    const above = summary.closest("li").querySelector("a");
    summary.setAttribute("aria-label", "Pages under " + above.textContent.trim());
  });
})();
