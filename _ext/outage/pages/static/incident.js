// An incident's page counts down what is due, and says when it was built too long ago to be trusted.
// Without this script the page shows the same times, and nothing is missing.

(function () {
  "use strict";

  const EVERY = 10 * 1000; // milliseconds between looks at the clock
  const OLD = 5 * 60 * 1000; // from then on the page says how old it is

  /**
   * A length of time as one glances at it.
   * @param {number} milliseconds
   * @returns {string}
   */
  function span(milliseconds) {
    const minutes = Math.floor(Math.abs(milliseconds) / 60000);
    if (minutes < 1) return "less than a minute";
    if (minutes < 60) return minutes + " min";
    const hours = Math.floor(minutes / 60);
    if (hours < 48) return hours + " h " + String(minutes % 60).padStart(2, "0") + " min";
    return Math.floor(hours / 24) + " days";
  }

  /**
   * What stands behind a time: created once, then only its text changes.
   * @param {HTMLElement} time
   * @returns {HTMLElement}
   */
  function noteBehind(time) {
    const next = time.nextElementSibling; // the space between them is no element
    if (next instanceof HTMLElement && next.classList.contains("outage-left")) return next;
    const note = document.createElement("span");
    note.className = "outage-left";
    time.after(" ", note);
    return note;
  }

  /**
   * @param {HTMLTimeElement} time
   * @param {number} now
   */
  function countDown(time, now) {
    const left = Date.parse(time.dateTime) - now;
    const rhythm = time.classList.contains("outage-rhythm"); // its rounds are on no record: it is never late
    const late = left < 0 && !rhythm;
    noteBehind(time).textContent = left >= 0 ? "in " + span(left) : late ? "overdue by " + span(left) : "due again";
    time.closest("li")?.classList.toggle("outage-overdue", late);
  }

  /**
   * @param {HTMLTimeElement} time
   * @param {number} now
   */
  function tellAge(time, now) {
    const age = now - Date.parse(time.dateTime);
    const note = document.querySelector(".outage-stale");
    if (!(note instanceof HTMLElement)) return;
    note.hidden = age < OLD;
    const ago = note.querySelector("[data-ago]");
    if (ago) ago.textContent = span(age);
  }

  function look() {
    const now = Date.now();
    for (const time of document.querySelectorAll("time.outage-due")) {
      if (time instanceof HTMLTimeElement) countDown(time, now);
    }
    for (const time of document.querySelectorAll("time.outage-asof")) {
      if (time instanceof HTMLTimeElement) tellAge(time, now);
    }
  }

  /** An entry that is folded away is opened when a sign of the drawing leads to it. */
  function unfold() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    target?.closest("details")?.setAttribute("open", "");
  }

  look();
  unfold();
  setInterval(look, EVERY);
  addEventListener("hashchange", unfold);
})();
