/**
 * The classification form. Python evaluated every combination of answers when the page was built;
 * this finds the row of the answers given and shows the pieces that it names. It decides nothing.
 *
 * @typedef {object} Table
 * @property {[string, string[]][]} questions each question's id and the ids of its answers
 * @property {string[]} pieces keys of all that an outcome may show
 * @property {number[][]} outcomes each outcome's pieces, as indices
 * @property {number[]} rows the outcome of each combination of answers; the last question changes fastest
 * @property {string} command the command's text before the answers
 */
(function () {
  "use strict";

  /**
   * The answer given to each question; one not given is unknown.
   * @param {HTMLFormElement} form
   * @param {Table} table
   * @returns {string[]}
   */
  function answers(form, table) {
    const given = new FormData(form);
    return table.questions.map(([question]) => String(given.get(question) || "unknown"));
  }

  /**
   * The keys of what these answers show.
   * @param {Table} table
   * @param {string[]} given
   * @returns {Set<string>}
   */
  function outcome(table, given) {
    const row = table.questions.reduce(
      (index, [, options], at) => index * options.length + options.indexOf(given[at]), 0);
    return new Set(table.outcomes[table.rows[row]].map((piece) => table.pieces[piece]));
  }

  /** @param {HTMLElement} root one form with its verdict, its text and its table */
  function start(root) {
    const form = /** @type {HTMLFormElement} */ (root.querySelector("form"));
    const verdict = /** @type {HTMLElement} */ (root.querySelector(".outage-verdict"));
    const text = /** @type {HTMLDetailsElement} */ (root.querySelector("details"));
    const headline = /** @type {HTMLElement} */ (root.querySelector(".outage-headline"));
    const command = /** @type {HTMLElement} */ (root.querySelector(".outage-command"));
    /** @type {Table} */
    const table = JSON.parse(root.querySelector(".outage-table").textContent);

    function show() {
      const given = answers(form, table);
      const keys = outcome(table, given);
      root.querySelectorAll("[data-piece]").forEach((element) => {
        /** @type {HTMLElement} */ (element).hidden = !keys.has(element.getAttribute("data-piece"));
      });
      command.textContent = table.command + table.questions.map(([id], at) => id + "=" + given[at]).join(",");
      verdict.hidden = false;
    }

    form.hidden = false;
    text.open = false;
    // On paper the form is left out, and the questions stand as text.
    window.matchMedia("print").addEventListener("change", (paper) => { text.open = paper.matches; });
    form.addEventListener("change", show);
    form.addEventListener("reset", () => {
      verdict.hidden = true;
      headline.querySelectorAll("[data-piece]").forEach((element) => {
        /** @type {HTMLElement} */ (element).hidden = true;
      });
    });
    if (form.querySelector("input:checked")) show(); // the browser kept the answers over a reload
  }

  document.querySelectorAll(".outage-classify").forEach((root) => start(/** @type {HTMLElement} */ (root)));
})();
