// @ts-check
/* Searches and filters the list of runbooks. A pasted error is found by the words that runbooks know of it. */
(() => {
  "use strict";

  /**
   * @typedef {{name: string, service: string, risk: string, alerts: string[], symptoms: string[], words: string}} Entry
   */

  /** @param {string} text */
  const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f]/g, "").replace(/\s+/g, " ").trim();

  /**
   * Whether a pasted text holds an error as a runbook spells it; what stands at a gap (…) may be anything.
   * @param {string} query
   * @param {string} error
   */
  const holds = (query, error) => {
    let at = 0;
    return error.split("…").every((piece) => {
      const found = query.indexOf(piece.trim(), at);
      at = found + piece.trim().length;
      return found >= 0;
    });
  };

  /**
   * How well an entry fits: 3 for an error that it names, 2 for all words, below 1 the share of words that it has.
   * @param {Entry} entry
   * @param {string} query already plain
   * @returns {{score: number, because: string}}
   */
  const fit = (entry, query) => {
    if (!query) return { score: 2, because: "" };
    const known = entry.symptoms.find((symptom) => {
      const text = plain(symptom);
      return text.length > 5 && (holds(query, text) || (query.length > 5 && text.includes(query)));
    });
    if (known) return { score: 3, because: known };
    const all = plain([entry.name, entry.service, ...entry.alerts, ...entry.symptoms, entry.words].join(" "));
    const words = query.split(/[^\p{L}\p{N}_-]+/u).filter((word) => word.length > 1);
    if (!words.length) return { score: 0, because: "" };
    const had = words.filter((word) => all.includes(word)).length;
    return { score: had === words.length ? 2 : (had / words.length) * 0.99, because: "" };
  };

  /** @param {HTMLFormElement} form */
  const begin = (form) => {
    const data = form.querySelector("script");
    const table = document.querySelector("table.outage-runbooks");
    const found = form.querySelector("[role=status]");
    if (!data || !table || !found) return;
    /** @type {Entry[]} */
    const entries = JSON.parse(data.textContent || "[]");
    const rows = /** @type {HTMLTableRowElement[]} */ ([...table.querySelectorAll("tbody tr")]);
    const body = rows[0]?.parentElement;
    if (rows.length !== entries.length || !body) return;

    /** @param {string} name */
    const value = (name) => {
      const control = form.elements.namedItem(name);
      return control instanceof HTMLInputElement || control instanceof HTMLSelectElement ? control.value : "";
    };

    const show = () => {
      const query = plain(value("q"));
      const [service, alert, risk] = ["service", "alert", "risk"].map(value);
      const kept = entries
        .map((entry, at) => ({ entry, row: rows[at], ...fit(entry, query) }))
        .filter(({ entry }) => (!service || entry.service === service) && (!risk || entry.risk === risk)
          && (!alert || entry.alerts.includes(alert)));
      const whole = kept.filter(({ score }) => score >= 2);
      const near = whole.length ? [] : kept.filter(({ score }) => score > 0.4);
      const shown = (whole.length ? whole : near).sort((one, other) => other.score - one.score);
      rows.forEach((row) => { row.hidden = true; row.querySelector(".outage-catalogue-because")?.remove(); });
      shown.forEach(({ row, because }) => {
        row.hidden = false;
        body.append(row);
        if (!because) return;
        const note = document.createElement("p");
        note.className = "outage-catalogue-because outage-aside";
        note.textContent = `knows the error “${because}”`;
        row.lastElementChild?.append(note);
      });
      const asked = query || service || alert || risk;
      found.textContent = !asked ? ""
        : whole.length ? `${whole.length} of ${rows.length} runbooks`
        : near.length ? "No runbook knows all of these words. The nearest:"
        : "No runbook knows these words. Ask in the channel of the incident, and write the runbook afterwards.";
    };

    const asked = new URLSearchParams(location.search);
    for (const name of ["q", "service", "alert", "risk"]) {
      const control = form.elements.namedItem(name);
      const wanted = asked.get(name);
      if (wanted !== null && (control instanceof HTMLInputElement || control instanceof HTMLSelectElement)) control.value = wanted;
    }
    form.addEventListener("input", show);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    show();
  };

  document.querySelectorAll("form.outage-catalogue").forEach((form) => begin(/** @type {HTMLFormElement} */ (form)));
})();
