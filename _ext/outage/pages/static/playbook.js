/**
 * A playbook's page: what was ticked and when, kept by this browser; due times counted by playbook-clock.js.
 * The page is a plain list of tick boxes without this script. Nothing is sent anywhere.
 *
 * @typedef {import("./playbook-clock.js").Playbook} Playbook
 * @typedef {import("./playbook-clock.js").State} State
 * @typedef {import("./playbook-clock.js").Standing} Standing
 */
(function () {
  "use strict";

  const EVERY = 5 * 1000; // milliseconds between looks at the clock
  const clock = globalThis.outageClock;
  const root = document.querySelector(".outage-playbook");
  const written = document.querySelector(".outage-playbook-data");
  if (!(root instanceof HTMLElement) || !written) return;

  /** @type {Playbook} */
  const playbook = JSON.parse(written.textContent || "");
  const order = playbook.phases.flatMap((phase) => phase.tasks.map((task) => task.id));
  const title = document.title;
  /** @type {Set<string> | null} the steps last known to be overdue; null before the first look */
  let toldOverdue = null;
  let state = read();

  // ---------------------------------------------------------------- what is kept

  /** @returns {State} */
  function empty() {
    return { started: null, ticks: {} };
  }

  /** What was kept, as far as it can be believed: anybody may have written there. @returns {State} */
  function read() {
    const found = empty();
    try {
      const kept = JSON.parse(localStorage.getItem(playbook.key) || "{}");
      if (Number.isFinite(kept.started)) found.started = kept.started;
      for (const id of order) {
        const tick = kept.ticks && kept.ticks[id];
        if (tick && ["done", "skipped"].includes(tick.state) && Number.isFinite(tick.at)) {
          found.ticks[id] = { state: tick.state, at: tick.at, why: String(tick.why || "") };
        }
      }
    } catch {
      // Nothing was kept, or nothing may be: keep() finds out and says so.
    }
    return found;
  }

  function keep() {
    let kept = true;
    try {
      localStorage.setItem(playbook.key, JSON.stringify(state));
    } catch {
      kept = false;
    }
    show("lost").hidden = kept;
  }

  // ---------------------------------------------------------------- the page

  /**
   * @param {string} name
   * @returns {HTMLElement}
   */
  function show(name) {
    return /** @type {HTMLElement} */ (document.querySelector('[data-show="' + name + '"]'));
  }

  /**
   * @param {string} name
   * @returns {HTMLInputElement}
   */
  function field(name) {
    return /** @type {HTMLInputElement} */ (document.querySelector('[data-field="' + name + '"]'));
  }

  /** @param {string} id @returns {HTMLElement} */
  function item(id) {
    return /** @type {HTMLElement} */ (document.getElementById("step-" + id));
  }

  /** @param {string} id @returns {string} what a step asks for, in the page's own words */
  function words(id) {
    const label = item(id).querySelector("label");
    return ((label && label.textContent) || "").trim().replace(/\s+/g, " ");
  }

  /** @param {string} id @returns {string} */
  function owner(id) {
    const chip = item(id).querySelector(".outage-who .outage-role");
    return ((chip && chip.textContent) || "").trim();
  }

  /** @param {HTMLElement} element @param {string} text changes only what has changed, for those who listen */
  function write(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  /** @param {Standing} step @param {number} now @returns {string} when it was done, or is to be */
  function when(step, now) {
    const at = (/** @type {number} */ moment) => clock.both(moment, now, playbook.zone);
    if (step.tick && step.tick.state === "skipped") return "Skipped at " + at(step.tick.at) + ": " + step.tick.why;
    if (step.tick) return "Done at " + at(step.tick.at);
    if (state.started === null) return "";
    if (step.needed === "never") return "Not needed: it was over before";
    if (step.needed === "later") return step.neededAt === null ? "" : "Only if it is still open at " + at(step.neededAt);
    if (step.due === null) return ""; // what it counts from has not begun
    const left = clock.span(step.due - now);
    return step.overdue ? "Overdue by " + left + ", due at " + at(step.due) : "Due at " + at(step.due) + ", in " + left;
  }

  /** @param {Standing} step @param {number} now */
  function paintStep(step, now) {
    const element = item(step.task.id);
    const box = /** @type {HTMLInputElement} */ (element.querySelector("input"));
    const skip = /** @type {HTMLElement} */ (element.querySelector("[data-do=skip]"));
    box.checked = step.tick !== null;
    element.dataset.state = step.tick ? step.tick.state : step.overdue ? "overdue" : step.needed === "now" ? "open" : "waits";
    skip.hidden = step.tick !== null;
    write(/** @type {HTMLElement} */ (element.querySelector(".outage-when")), when(step, now));
  }

  /** @param {Standing[]} steps @param {number} now */
  function paintBar(steps, now) {
    const counted = steps.filter((step) => step.needed === "now" || step.tick);
    const settled = counted.filter((step) => step.tick);
    const late = steps.filter((step) => step.overdue).sort((a, b) => (a.due || 0) - (b.due || 0));
    const next = steps.find((step) => step.open);
    const bar = /** @type {HTMLProgressElement} */ (show("progress"));
    bar.max = counted.length;
    bar.value = settled.length;
    write(show("elapsed"), state.started === null ? "" : clock.span(now - state.started).replace(/^less.*/, "0 min"));
    write(show("count"), settled.length + " of " + counted.length);
    leadTo(show("late"), late.length ? late[0] : undefined, late.length + " overdue");
    leadTo(show("next"), next, next ? "Next: " + words(next.task.id) : "");
    show("bar").hidden = state.started === null;
    document.title = (late.length ? "(" + late.length + " overdue) " : "") + title;
  }

  /** @param {HTMLElement} link @param {Standing | undefined} step @param {string} text */
  function leadTo(link, step, text) {
    link.hidden = step === undefined;
    if (step === undefined) return;
    write(link, text);
    link.setAttribute("href", "#step-" + step.task.id);
  }

  /** Says once what has become overdue, to those who cannot see it. @param {Standing[]} steps */
  function announce(steps) {
    const late = steps.filter((step) => step.overdue).map((step) => step.task.id);
    const news = late.filter((id) => !toldOverdue || !toldOverdue.has(id));
    toldOverdue = new Set(late);
    if (news.length > 3) write(show("announce"), news.length + " steps are overdue.");
    else if (news.length) write(show("announce"), news.map((id) => "Overdue: " + words(id)).join(". "));
    else if (!late.length) write(show("announce"), "");
  }

  function paint() {
    const now = Date.now();
    const phases = clock.standings(playbook, state, now);
    const steps = phases.flat();
    steps.forEach((step) => paintStep(step, now));
    document.querySelectorAll(".outage-phase").forEach((element, at) => {
      /** @type {HTMLElement} */ (element).hidden = !phases[at].some((step) => step.open);
    });
    paintBar(steps, now);
    announce(steps);
    for (const [name, wanted] of [["start", state.started === null], ["reset", state.started !== null]]) {
      /** @type {HTMLElement} */ (root.querySelector("[data-do=" + name + "]")).hidden = !wanted;
    }
    show("began").hidden = state.started === null;
    if (state.started !== null && document.activeElement !== field("began")) field("began").value = local(state.started);
  }

  /** @param {number} moment @returns {string} as an input for local time has it */
  function local(moment) {
    return new Date(moment - new Date(moment).getTimezoneOffset() * 60000).toISOString().slice(0, 16);
  }

  // ---------------------------------------------------------------- what people do

  function start() {
    if (state.started === null) state.started = Date.now();
  }

  /** @param {string} id @param {boolean} done */
  function tick(id, done) {
    start(); // who ticks is in the middle of it
    if (done) state.ticks[id] = { state: "done", at: Date.now(), why: "" };
    else delete state.ticks[id];
  }

  /** @param {string[]} ids @param {string} name what is skipped, in words */
  async function skip(ids, name) {
    write(show("skipped"), name);
    field("why").value = "";
    if (!ids.length || !(await asked("skip"))) return;
    start();
    for (const id of ids) state.ticks[id] = { state: "skipped", at: Date.now(), why: field("why").value.trim() };
    changed();
  }

  async function reset() {
    const count = Object.keys(state.ticks).length;
    write(show("ticks"), count === 1 ? "1 tick" : count + " ticks");
    if (!(await asked("reset"))) return;
    state = empty();
    changed();
    say("All is cleared.");
  }

  /** @param {string} name @returns {Promise<boolean>} whether the answer was yes */
  function asked(name) {
    const dialog = /** @type {HTMLDialogElement} */ (document.querySelector('[data-ask="' + name + '"]'));
    return new Promise((answer) => {
      dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true });
      dialog.returnValue = "";
      dialog.showModal();
    });
  }

  /** @param {string} phaseId @returns {string[]} steps of a phase that are not settled, now or later */
  function leftOf(phaseId) {
    const at = playbook.phases.findIndex((phase) => phase.id === phaseId);
    const left = clock.standings(playbook, state, Date.now())[at].filter((step) => !step.tick && step.needed !== "never");
    return left.map((step) => step.task.id);
  }

  function changed() {
    keep();
    paint();
  }

  /** @param {string} text */
  function say(text) {
    write(show("said"), text);
  }

  // ---------------------------------------------------------------- copying

  /** The list with its state, for a chat or a ticket. Its times are UTC. @returns {string} */
  function markdown() {
    const now = Date.now();
    const phases = clock.standings(playbook, state, now);
    const all = phases.flat();
    const settled = all.filter((step) => step.tick).length;
    const counted = all.filter((step) => step.needed === "now" || step.tick).length;
    const late = all.filter((step) => step.overdue).length;
    const clockLine = state.started === null ? "The clock is not started" : "Counted from " + clock.utc(state.started);
    const head = "**" + playbook.name + "**: " + settled + " of " + counted + " steps settled" + (late ? ", **" + late + " overdue**" : "");
    const lines = [head + ". " + clockLine + ". As of " + clock.utc(now) + "."];
    phases.forEach((steps, at) => {
      lines.push("", "### " + (at + 1) + ". " + playbook.phases[at].name, "");
      lines.push(...steps.map((step) => markdownLine(step)));
    });
    return lines.join("\n") + "\n";
  }

  /** @param {Standing} step @returns {string} */
  function markdownLine(step) {
    const text = words(step.task.id) + " (" + owner(step.task.id) + ")";
    if (step.tick && step.tick.state === "skipped") {
      return "- [x] ~~" + text + "~~ skipped " + clock.utc(step.tick.at) + ": " + step.tick.why;
    }
    if (step.tick) return "- [x] " + text + " done " + clock.utc(step.tick.at);
    if (step.needed === "never") return "- [ ] ~~" + text + "~~ not needed";
    const due = step.due === null || step.needed !== "now" ? "" : step.overdue ? " **overdue since " + clock.utc(step.due) + "**" : " due " + clock.utc(step.due);
    return "- [ ] " + text + due;
  }

  async function copy() {
    const text = markdown();
    const box = /** @type {HTMLTextAreaElement} */ (document.getElementById("outage-markdown"));
    show("markdown").hidden = true;
    try {
      await navigator.clipboard.writeText(text);
      say("Copied. Paste it into the chat or the ticket.");
    } catch {
      box.value = text; // no clipboard from a file, or not allowed: the text itself, marked
      show("markdown").hidden = false;
      box.focus();
      box.select();
      box.scrollTop = 0;
      say("");
    }
  }

  // ---------------------------------------------------------------- paper and details

  /** @returns {NodeListOf<HTMLDetailsElement>} */
  function folds() {
    return document.querySelectorAll(".outage-task details");
  }

  /** @param {HTMLElement} button */
  function unfold(button) {
    const open = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(open));
    folds().forEach((fold) => { fold.open = open; });
  }

  // ---------------------------------------------------------------- listening

  /** @param {HTMLElement} button */
  function press(button) {
    const step = button.closest("[data-task]");
    const id = step instanceof HTMLElement ? step.dataset.task || "" : "";
    const phase = playbook.phases.find((one) => one.id === button.dataset.phase);
    /** @type {Record<string, () => void>} */
    const actions = {
      start: () => { start(); changed(); },
      copy: () => { copy(); },
      print: () => print(),
      unfold: () => unfold(button),
      reset: () => { reset(); },
      skip: () => { skip([id], words(id)); },
      "skip-phase": () => { if (phase) skip(leftOf(phase.id), "what is left of " + phase.name); },
    };
    actions[button.dataset.do || ""]?.();
  }

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-do]") : null;
    if (button instanceof HTMLElement) press(button);
  });

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement)) return;
    const step = box.closest("[data-task]");
    if (step instanceof HTMLElement && box.type === "checkbox") {
      tick(step.dataset.task || "", box.checked);
      changed();
    } else if (box === field("began") && Number.isFinite(Date.parse(box.value))) {
      state.started = Math.min(Date.parse(box.value), Date.now());
      changed();
    }
  });

  addEventListener("storage", (event) => { // another tab of this browser
    if (event.key === playbook.key || event.key === null) {
      state = read();
      paint();
    }
  });

  root.hidden = false;
  changed();
  setInterval(paint, EVERY);
})();
