/**
 * A runbook's form: what is filled in becomes the command to copy, quoted for a shell. The page's address
 * fills it in first: only parameters that the runbook has, only as text, and never a secret itself.
 */
(function () {
  "use strict";

  const SAFE = /^[A-Za-z0-9@%+=:,./_-]+$/;
  // What a terminal would obey when it is pasted, and what shows text in another order than it is in.
  const STEERING = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
  const LONGEST = 2000;

  /**
   * A word as a shell takes it literally.
   * @param {string} word
   * @returns {string}
   */
  function quoted(word) {
    return SAFE.test(word) ? word : "'" + word.replaceAll("'", "'\"'\"'") + "'";
  }

  /**
   * Put what the address says into the form.
   * @param {HTMLFormElement} form
   * @param {URLSearchParams} given
   * @returns {string[]} names of what could not be taken
   */
  function fill(form, given) {
    const leftOut = [];
    form.querySelectorAll("[name]").forEach((element) => {
      const field = /** @type {HTMLInputElement | HTMLSelectElement} */ (element);
      const value = given.get(field.name);
      if (value === null) return;
      if (field.type === "checkbox") return; // a link may ask for a plan; to carry it out is a person's word
      const secret = field.hasAttribute("data-secret") && !value.startsWith("secret://");
      const unknown = field instanceof HTMLSelectElement && ![...field.options].some((one) => one.value === value);
      if (secret || unknown || STEERING.test(value) || value.length > LONGEST) leftOut.push(field.name);
      else field.value = value;
    });
    return leftOut;
  }

  /**
   * The command for what the form holds; what must be given and is not yet stands as three dots.
   * @param {HTMLFormElement} form
   * @param {string} runbook
   * @returns {string}
   */
  function command(form, runbook) {
    const words = ["outage", "run", runbook];
    const apply = /** @type {HTMLInputElement | null} */ (form.querySelector("input[type=checkbox]"));
    if (apply && apply.checked) words.push("--apply");
    form.querySelectorAll("select, input[type=text]").forEach((element) => {
      const field = /** @type {HTMLInputElement | HTMLSelectElement} */ (element);
      const typed = field.hasAttribute("data-secret") && !field.value.startsWith("secret://") ? "" : field.value;
      const value = STEERING.test(typed) ? "" : typed; // a secret itself belongs in no command
      const required = field.hasAttribute("required") || (field.options && field.options[0].value === "");
      if (value !== "" && value !== field.getAttribute("data-default")) words.push("-p", field.name + "=" + value);
      else if (value === "" && required) words.push("-p", field.name + "=...");
    });
    return words.map(quoted).join(" ");
  }

  /** @param {HTMLElement} root a form, the command and the note on what was left out */
  function start(root) {
    const form = /** @type {HTMLFormElement} */ (root.querySelector("form"));
    const shown = /** @type {HTMLElement} */ (root.querySelector(".outage-command"));
    const note = /** @type {HTMLElement} */ (root.querySelector(".outage-run-left-out"));
    const show = () => {
      shown.textContent = command(form, root.getAttribute("data-runbook") || "");
    };
    const leftOut = fill(form, new URLSearchParams(window.location.search));
    note.hidden = leftOut.length === 0;
    /** @type {HTMLElement} */ (note.querySelector("span")).textContent = leftOut.join(", ");
    form.hidden = false;
    form.addEventListener("input", show);
    form.addEventListener("submit", (event) => event.preventDefault());
    show();
  }

  document.querySelectorAll(".outage-run-form").forEach((root) => start(/** @type {HTMLElement} */ (root)));
})();
