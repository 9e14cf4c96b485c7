/**
 * A walkthrough: one event after the other, a stop at each decision, nothing later anywhere in the page.
 *
 * It is loaded before the page is seen. It takes the written story and the data out of the document, shows
 * one frame at a time, and puts the story back for the printer only. Nothing is sent anywhere; where the
 * group stands is kept by this browser.
 *
 * @typedef {{words: string, url: string}} Lead
 * @typedef {{text: string, then: string, done: boolean}} Option
 * @typedef {{question: string, known: string[], unknown: string[], options: Option[], done: string,
 *   speaks: {words: string, leads: Lead}[]}} Decision
 * @typedef {{when: string, clock: {utc: string, local: string, day: string} | null, about: boolean,
 *   label: string, text: string, by: string, unseen: boolean, severity: {name: string, rank: number} | null,
 *   stage: string, accounts: {text: string, when: string, sources: Lead[]}[], sources: Lead[],
 *   roles: {role: string, person: string, new: boolean}[], channels: string[],
 *   due: {text: string, when: string, limit: string, late: boolean, leads: Lead}[],
 *   decision: Decision | null, recordings: Lead[]}} Frame
 * @typedef {{verdict: string, what: string, clause: string, limit: string, text: string}} Promised
 * @typedef {{key: string, title: string, summary: string, nature: string, ours: boolean, frames: Frame[],
 *   promises: Promised[]}} Data
 * @typedef {{step: number, chosen: Object<string, number>, projector: boolean}} State
 */
(function () {
  "use strict";

  const WALKING = "outage-walking"; // the story is not shown
  const PROJECTOR = "outage-projector";
  const SWIPE = 60; // pixels
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
        const element = /** @type {HTMLButtonElement} */ (made("button", "Decision " + (index + 1), "outage-button"));
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
     * @param {string} tag
     * @param {string} text
     * @param {string} [look]
     * @returns {HTMLElement}
     */
    function made(tag, text, look) {
      const element = document.createElement(tag);
      element.textContent = text;
      if (look) element.className = look;
      return element;
    }

    /** A link, or its words where it leads nowhere that a page may lead. @param {Lead} lead */
    function link(lead) {
      const element = made(/^(https?:|[^:]+$)/.test(lead.url) ? "a" : "span", lead.words);
      if (element instanceof HTMLAnchorElement) element.href = lead.url;
      return element;
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

    /** @param {string} text @param {Node[]} more @returns {HTMLElement} */
    function item(text, ...more) {
      const element = made("li", text);
      element.append(...more);
      return element;
    }

    /** @param {string} head @param {string[]} items @returns {Node[]} */
    function headed(head, items) {
      const all = document.createElement("ul");
      all.append(...items.map((one) => item(one)));
      return items.length ? [made("h3", head), all] : [];
    }

    /** @param {Lead[]} leads @returns {Node[]} */
    function inRow(leads) {
      return leads.flatMap((lead, index) => (index ? [document.createTextNode("; "), link(lead)] : [link(lead)]));
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
      before();
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
      if (over && data.promises.length) fill(part("decision"), promises());
    }

    /** @returns {Node[]} how the promises went, what was broken first */
    function promises() {
      const all = document.createElement("ul");
      all.className = "outage-walk-promises";
      for (const one of data.promises) {
        const what = (one.what ? one.what + " (" + one.clause + ", " + one.limit + "): " : one.clause + ": ") + one.text;
        const element = item(" " + what);
        element.prepend(made("strong", one.verdict[0].toUpperCase() + one.verdict.slice(1)));
        all.append(element);
      }
      const head = data.ours ? "What the policy promised" : "What the sample policy would have promised";
      return [made("h3", head), all];
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
      fill(part("accounts"), frame.accounts.length ? accounts(frame) : []);
      fill(part("decision"), frame.decision ? decision(frame.decision) : []);
      fill(part("sources"), frame.sources.length ? [document.createTextNode("Source: "), ...inRow(frame.sources)] : []);
      fill(part("recordings"), frame.recordings.length ? [document.createTextNode("Recording: "), ...inRow(frame.recordings)] : []);
      part("side").hidden = frame.roles.length + frame.due.length + frame.channels.length === 0;
      list("roles", frame.roles.map(role));
      list("due", frame.due.map(due));
      list("channels", frame.channels.map((one) => item(one)));
    }

    /** @param {string} name @param {string} text @param {string} look */
    function chip(name, text, look) {
      const element = part(name);
      element.hidden = !text;
      element.textContent = text;
      element.className = text ? "outage-chip " + look : "";
    }

    /** @param {Frame} frame @returns {Node[]} */
    function accounts(frame) {
      const all = document.createElement("ul");
      for (const one of frame.accounts) {
        const when = one.when ? one.when + ": " : "";
        const from = made("span", " ", "outage-aside");
        from.append(...inRow(one.sources));
        all.append(item(when + one.text, from));
      }
      return [made("h3", "The accounts do not agree"), all];
    }

    /** @param {Frame["roles"][0]} one */
    function role(one) {
      const element = item(one.role + ": ", made("strong", one.person));
      if (one.new) element.append(" ", made("span", "new", "outage-walk-new"));
      return element;
    }

    /** @param {Frame["due"][0]} one */
    function due(one) {
      const element = item("", made("strong", one.late ? "Late, " + one.when : one.when), " " + one.text + " ");
      element.append(link({ words: one.limit, url: one.leads.url }));
      element.classList.toggle("outage-walk-late", one.late);
      return element;
    }

    /** @param {Decision} decision @returns {Node[]} */
    function decision(decision) {
      const chosen = state.chosen[state.step];
      const open = chosen === undefined;
      const choices = made("div", "", "outage-walk-options");
      choices.setAttribute("role", "group");
      choices.setAttribute("aria-label", "What the group can choose");
      const words = decision.options.length ? decision.options.map((one) => one.text) : ["Show what was done"];
      words.forEach(function (text, index) {
        const element = /** @type {HTMLButtonElement} */ (made("button", "", "outage-walk-option"));
        element.type = "button";
        element.append(made("kbd", String(index + 1)), " " + text);
        element.disabled = !open;
        element.setAttribute("aria-pressed", String(chosen === index));
        element.addEventListener("click", () => choose(index));
        choices.append(element);
      });
      const asked = [...headed("Known then", decision.known), ...headed("Not known then", decision.unknown)];
      return [...asked, made("h3", "What do you do?"), choices, ...(open ? [] : [outcome(decision, chosen)])];
    }

    /** @param {Decision} decision @param {number} chosen */
    function outcome(decision, chosen) {
      const all = made("div", "", "outage-walk-done");
      all.tabIndex = -1;
      const option = decision.options[chosen];
      if (option && option.then) all.append(made("h3", "Your choice"), made("p", option.then));
      const same = option && option.done ? " You chose the same." : "";
      all.append(made("h3", "What was done"), made("p", decision.done + same));
      if (decision.speaks.length) {
        const list = document.createElement("ul");
        for (const one of decision.speaks) list.append(item("", link(one.leads), ": " + one.words));
        all.append(made("h3", "What speaks to it"), list);
      }
      return all;
    }

    /** What is past: it may be read again at any time. */
    function before() {
      const past = data.frames.slice(0, Math.max(0, state.step - 1));
      list("before", past.map(function (frame, index) {
        const element = item("", made("strong", frame.when), " " + frame.label + ": ");
        const decision = frame.decision;
        const chosen = decision && decision.options[state.chosen[index + 1]];
        if (decision) {
          element.append(decision.question + (chosen ? " You chose: " + chosen.text + "." : "") + " Done: " + decision.done);
        } else {
          element.append(frame.text);
        }
        return element;
      }));
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
