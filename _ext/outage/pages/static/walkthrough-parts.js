/**
 * What the player of a walkthrough shows, part by part: made from a story's data, and knowing nothing of where
 * the group stands. walkthrough.js puts the parts into the page.
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
 */
globalThis.outageWalk = (function () {
  "use strict";

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

  /** @param {Data} data @returns {Node[]} how the promises went, what was broken first */
  function promises(data) {
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

  /**
   * What a group decides on: what was known, what it can choose, and, once it has, what was done.
   * @param {Decision} decision
   * @param {number | undefined} chosen the option, from 0
   * @param {(option: number) => void} choose
   * @returns {Node[]}
   */
  function decision(decision, chosen, choose) {
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

  /**
   * What is past: it may be read again at any time.
   * @param {Frame[]} frames
   * @param {Object<string, number>} chosen
   * @returns {HTMLElement[]}
   */
  function past(frames, chosen) {
    return frames.map(function (frame, index) {
      const element = item("", made("strong", frame.when), " " + frame.label + ": ");
      const decision = frame.decision;
      const option = decision && decision.options[chosen[index + 1]];
      if (decision) {
        element.append(decision.question + (option ? " You chose: " + option.text + "." : "") + " Done: " + decision.done);
      } else {
        element.append(frame.text);
      }
      return element;
    });
  }

  return { accounts, decision, due, inRow, item, made, past, promises, role };
})();
