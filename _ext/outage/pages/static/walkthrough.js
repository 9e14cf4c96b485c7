/**
 * A walkthrough: one event after the other, a stop at each decision, nothing later anywhere in the page.
 *
 * It is loaded before the page is seen. It takes the written story and the data out of the document, shows
 * one frame at a time, and puts the story back for the printer only. Nothing is sent anywhere; where the
 * group stands is kept by this browser. What a frame is made of stands in walkthrough-parts.js.
 *
 * @typedef {import("./walkthrough-parts.js").Data} Data
 * @typedef {import("./walkthrough-parts.js").Frame} Frame
 * @typedef {{step: number, chosen: Object<string, number>, projector: boolean}} State
 */
(function () {
  "use strict";

  const WALKING = "outage-walking"; // the story is not shown
  const PROJECTOR = "outage-projector";
  const SWIPE = 60; // pixels
  const parts = globalThis.outageWalk;
  const page = document.documentElement;
  page.classList.add(WALKING);

  document.addEventListener("DOMContentLoaded", function () {
    const player = document.querySelector(".outage-walk");
    const story = document.querySelector(".outage-walk-story");
    const written = document.querySelector(".outage-walk-data");
    try {
      if (!(player instanceof HTMLElement) || !story || !written) throw new Error("no player");
      const data = JSON.parse(written.textContent || "");
      written.remove();
      printed(story);
      play(player, data);
      player.hidden = false;
    } catch (error) {
      page.classList.remove(WALKING); // the story can be read at least
      throw error;
    }
  });

  /**
   * Take the story out of the page, and put it back, unfolded, while it is printed.
   * @param {Element} story
   */
  function printed(story) {
    const place = document.createComment("the story stands here when the page is printed");
    story.replaceWith(place);
    window.addEventListener("beforeprint", function () {
      story.querySelectorAll("details").forEach((one) => (one.open = true));
      place.after(story);
    });
    window.addEventListener("afterprint", () => story.remove());
  }

  /**
   * @param {HTMLElement} player
   * @param {Data} data
   */
  function play(player, data) {
    const last = data.frames.length + 1; // step 0 is before it begins, the last one after the end
    const decisions = data.frames.flatMap((frame, index) => (frame.decision ? [index + 1] : []));
    let state = read();
    let notice = "";

    // -------------------------------------------------------------- what is kept

    /** @returns {State} */
    function empty() {
      return { step: 0, chosen: {}, projector: false };
    }

    /** What was kept, as far as it can be believed: anybody may have written there. @returns {State} */
    function read() {
      const found = empty();
      try {
        const kept = JSON.parse(localStorage.getItem(data.key) || "{}");
        found.projector = kept.projector === true;
        for (const step of decisions) {
          const choice = kept.chosen && kept.chosen[step];
          const options = Math.max(1, frameAt(step).decision?.options.length || 0);
          if (Number.isInteger(choice) && choice >= 0 && choice < options) found.chosen[step] = choice;
        }
        if (Number.isInteger(kept.step) && kept.step >= 0 && kept.step <= last) found.step = kept.step;
      } catch {
        // Nothing was kept, or nothing may be: keep() finds out and says so.
      }
      return found;
    }

    function keep() {
      let kept = true;
      try {
        localStorage.setItem(data.key, JSON.stringify(state));
      } catch {
        kept = false;
      }
      part("lost").hidden = kept;
    }

    // -------------------------------------------------------------- moving

    /** @param {number} step @returns {Frame} */
    function frameAt(step) {
      return data.frames[step - 1];
    }

    /** Whether the group must choose before it can go on. */
    function waits() {
      const frame = frameAt(state.step);
      return Boolean(frame && frame.decision && !(state.step in state.chosen));
    }

    /** @param {number} by */
    function move(by) {
      if (by > 0 && waits()) {
        notice = "Choose first: the record goes on when the group has decided.";
      } else if (state.step + by >= 0 && state.step + by <= last) {
        state.step += by;
        notice = "";
      }
      show();
      if (player.getBoundingClientRect().top < 0) player.scrollIntoView();
    }

    /** @param {number} option */
    function choose(option) {
      const decision = frameAt(state.step)?.decision;
      if (!decision || !waits() || option >= Math.max(1, decision.options.length)) return;
      state.chosen[state.step] = option;
      notice = "";
      show();
      player.querySelector(".outage-walk-done")?.focus();
    }

    function restart() {
      state = { ...empty(), projector: state.projector };
      notice = "";
      show();
    }

    /** Open the decision that the address names: ``#decision-2``. */
    function follow() {
      const named = /^#decision-(\d+)$/.exec(location.hash);
      const step = named && decisions[Number(named[1]) - 1];
      if (step) jump(step);
    }

    /** @param {number} step */
    function jump(step) {
      state.step = step;
      notice = "";
      show();
    }

    /** Buttons that lead to each decision, for who has little time. */
    function jumps() {
      return decisions.map(function (step, index) {
        const element = /** @type {HTMLButtonElement} */ (parts.made("button", "Decision " + (index + 1), "outage-button"));
        element.type = "button";
        element.addEventListener("click", () => jump(step));
        return element;
      });
    }

    // -------------------------------------------------------------- showing

    /** @param {string} name @returns {HTMLElement} */
    function part(name) {
      return /** @type {HTMLElement} */ (player.querySelector('[data-show="' + name + '"]'));
    }

    /**
     * Fill a part, which is there only as long as it holds something.
     * @param {HTMLElement} where
     * @param {Node[]} what
     */
    function fill(where, what) {
      where.replaceChildren(...what);
      where.hidden = what.length === 0;
    }

    /**
     * A list under a heading that is there already.
     * @param {string} name
     * @param {HTMLElement[]} items
     */
    function list(name, items) {
      const where = part(name);
      where.hidden = items.length === 0;
      where.querySelector("ul, ol")?.replaceChildren(...items);
    }

    function show() {
      const frame = frameAt(state.step);
      page.classList.toggle(PROJECTOR, state.projector);
      button("projector").setAttribute("aria-pressed", String(state.projector));
      button("back").disabled = state.step === 0;
      button("next").disabled = state.step === last;
      button("next").setAttribute("aria-disabled", String(waits() || state.step === last));
      button("next").textContent = state.step === 0 ? "Begin →" : "Next →";
      part("gate").textContent = notice;
      part("place").textContent = frame ? state.step + " of " + data.frames.length : "";
      /** @type {HTMLProgressElement} */ (part("progress")).value = state.step / last;
      part("event").dataset.step = String(state.step);
      if (frame) event(frame);
      else outside();
      list("before", parts.past(data.frames.slice(0, Math.max(0, state.step - 1)), state.chosen));
      keep();
    }

    /** Before it begins, and after the end. */
    function outside() {
      for (const name of ["clock", "local", "day", "when"]) part(name).textContent = "";
      for (const name of ["severity", "stage", "unseen"]) part(name).hidden = true;
      for (const name of ["roles", "due", "channels"]) list(name, []);
      for (const name of ["accounts", "decision", "sources", "recordings"]) fill(part(name), []);
      part("side").hidden = true;
      const over = state.step === last;
      part("label").textContent = over ? "The end" : "Before it begins";
      part("text").textContent = over
        ? "That is where the record ends. Talk about it before you read on."
        : data.summary;
      if (over && data.promises.length) fill(part("decision"), parts.promises(data));
    }

    /** @param {Frame} frame */
    function event(frame) {
      part("clock").textContent = frame.clock ? (frame.about ? "about " : "") + frame.clock.utc : "";
      part("local").textContent = frame.clock ? frame.clock.local : "";
      part("day").textContent = frame.clock ? frame.clock.day : frame.when;
      part("when").textContent = frame.by;
      part("label").textContent = frame.label;
      part("text").textContent = frame.decision ? frame.decision.question : frame.text;
      part("unseen").hidden = !frame.unseen;
      chip("severity", frame.severity ? frame.severity.name : "", "outage-severity outage-severity-rank-" + Math.min(3, frame.severity?.rank || 0));
      chip("stage", frame.stage, "outage-stage outage-stage-" + frame.stage);
      fill(part("accounts"), frame.accounts.length ? parts.accounts(frame) : []);
      fill(part("decision"), frame.decision ? parts.decision(frame.decision, state.chosen[state.step], choose) : []);
      fill(part("sources"), frame.sources.length ? [document.createTextNode("Source: "), ...parts.inRow(frame.sources)] : []);
      fill(part("recordings"), frame.recordings.length ? [document.createTextNode("Recording: "), ...parts.inRow(frame.recordings)] : []);
      part("side").hidden = frame.roles.length + frame.due.length + frame.channels.length === 0;
      list("roles", frame.roles.map(parts.role));
      list("due", frame.due.map(parts.due));
      list("channels", frame.channels.map((one) => parts.item(one)));
    }

    /** @param {string} name @param {string} text @param {string} look */
    function chip(name, text, look) {
      const element = part(name);
      element.hidden = !text;
      element.textContent = text;
      element.className = text ? "outage-chip " + look : "";
    }

    // -------------------------------------------------------------- people

    /** @param {string} name @returns {HTMLButtonElement} */
    function button(name) {
      return /** @type {HTMLButtonElement} */ (player.querySelector('[data-do="' + name + '"]'));
    }

    function project() {
      state.projector = !state.projector;
      show();
    }

    /** @type {Object<string, () => void>} */
    const KEYS = {
      ArrowRight: () => move(1),
      PageDown: () => move(1), // what a presenter's remote control sends
      " ": () => move(1),
      ArrowLeft: () => move(-1),
      PageUp: () => move(-1),
      p: project,
    };

    /** @param {KeyboardEvent} event */
    function pressed(event) {
      const at = event.target instanceof Element ? event.target : document.body;
      const own = at.closest("input, textarea, select, [contenteditable], dialog");
      const acts = event.key === " " && at.closest("button:not(:disabled), a, summary");
      if (event.ctrlKey || event.metaKey || event.altKey || own || acts) return;
      const digit = /^[1-9]$/.test(event.key) ? Number(event.key) - 1 : -1;
      const action = digit >= 0 ? () => choose(digit) : KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!action) return;
      event.preventDefault();
      action();
    }

    let touched = { x: 0, y: 0 };
    player.addEventListener("touchstart", function (event) {
      touched = { x: event.touches[0].clientX, y: event.touches[0].clientY };
    }, { passive: true });
    player.addEventListener("touchend", function (event) {
      const x = event.changedTouches[0].clientX - touched.x;
      const y = event.changedTouches[0].clientY - touched.y;
      if (Math.abs(x) > SWIPE && Math.abs(x) > 2 * Math.abs(y)) move(x < 0 ? 1 : -1);
    }, { passive: true });
    document.addEventListener("keydown", pressed);
    window.addEventListener("hashchange", follow);
    button("next").addEventListener("click", () => move(1));
    button("back").addEventListener("click", () => move(-1));
    button("restart").addEventListener("click", restart);
    button("projector").addEventListener("click", project);
    fill(part("jumps"), jumps());
    show();
    follow();
  }
})();
