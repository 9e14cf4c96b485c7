/**
 * Time, as a playbook counts it: when a phase begins, when a step falls due, on which days people work.
 * It counts as Python does in outage/playbook/state.py and outage/workdays.py; a test compares the two.
 * Moments are milliseconds since 1970.
 *
 * @typedef {object} Term a length of time: seconds, or business days
 * @property {"declared" | "phase" | "resolved"} since
 * @property {string} words
 * @property {number} [seconds]
 * @property {number} [businessDays]
 *
 * @typedef {{id: string, due: Term | null, lateOnly: Term | null, resolves: boolean}} Task
 * @typedef {{id: string, name: string, tasks: Task[]}} Phase
 * @typedef {{daysOff: string[], weekend: number[], until: string | null}} Calendar weekdays count from Monday, 0
 * @typedef {{key: string, name: string, zone: string, phases: Phase[], calendar: Calendar}} Playbook
 *
 * @typedef {{state: "done" | "skipped", at: number, why?: string}} Tick
 * @typedef {{started: number | null, ticks: Record<string, Tick>}} State
 *
 * @typedef {object} Standing where one step stands
 * @property {Task} task
 * @property {Tick | null} tick
 * @property {"now" | "later" | "never"} needed
 * @property {number | null} neededAt
 * @property {number | null} due
 * @property {boolean} overdue
 * @property {boolean} open
 */
globalThis.outageClock = (function () {
  "use strict";

  const DAY = 24 * 60 * 60 * 1000;

  /**
   * How far a time zone is ahead of UTC at a moment, in milliseconds.
   * @param {number} moment
   * @param {string} zone
   * @returns {number}
   */
  function offset(moment, zone) {
    /** @type {Record<string, number>} */
    const part = {};
    const format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
      hour: "numeric", minute: "numeric", second: "numeric",
    });
    for (const { type, value } of format.formatToParts(moment)) part[type] = Number(value);
    const local = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
    return local - Math.floor(moment / 1000) * 1000;
  }

  /**
   * Whether people work on a day, given as its midnight in UTC.
   * @param {number} day
   * @param {Calendar} calendar
   * @returns {boolean}
   */
  function isBusinessDay(day, calendar) {
    const date = new Date(day);
    return !calendar.weekend.includes((date.getUTCDay() + 6) % 7) && !calendar.daysOff.includes(date.toISOString().slice(0, 10));
  }

  /**
   * The last minute, in the company's time zone, of the so-manieth business day after a moment's day.
   * @param {number} start
   * @param {number} count
   * @param {Playbook} playbook
   * @returns {number}
   */
  function addBusinessDays(start, count, playbook) {
    const { zone, calendar } = playbook;
    let day = Math.floor((start + offset(start, zone)) / DAY) * DAY;
    for (let left = count; left > 0;) {
      day += DAY;
      if (isBusinessDay(day, calendar)) left -= 1;
    }
    const wall = day + DAY - 60 * 1000;
    const guess = wall - offset(wall, zone);
    return wall - offset(guess, zone);
  }

  /**
   * @param {Term | null} term
   * @param {Record<string, number | null>} since
   * @param {Playbook} playbook
   * @returns {number | null}
   */
  function after(term, since, playbook) {
    const start = term ? since[term.since] : null;
    if (!term || start === null) return null;
    if (term.businessDays) return addBusinessDays(start, term.businessDays, playbook);
    return start + (term.seconds || 0) * 1000;
  }

  /**
   * When the outage ended: when the step that ends it was done.
   * @param {Playbook} playbook
   * @param {State} state
   * @returns {number | null}
   */
  function resolvedAt(playbook, state) {
    const step = playbook.phases.flatMap((phase) => phase.tasks).find((task) => task.resolves);
    const tick = step && state.ticks[step.id];
    return tick && tick.state === "done" ? tick.at : null;
  }

  /**
   * @param {Task} task
   * @param {Tick | null} tick
   * @param {Record<string, number | null>} since
   * @param {Playbook} playbook
   * @param {number} now
   * @returns {Standing}
   */
  function standing(task, tick, since, playbook, now) {
    const neededAt = after(task.lateOnly, since, playbook);
    /** @type {Standing["needed"]} */
    let needed = "now";
    if (neededAt !== null && since.resolved !== null && since.resolved < neededAt) needed = "never";
    else if (task.lateOnly && (neededAt === null || now < neededAt)) needed = "later";
    const due = after(task.due, since, playbook);
    const open = needed === "now" && !tick;
    return { task, tick, needed, neededAt, due, open, overdue: open && due !== null && due < now };
  }

  /**
   * Every step, in order, as it stands at a moment. Nothing is due before the clock was started.
   * @param {Playbook} playbook
   * @param {State} state
   * @param {number} now
   * @returns {Standing[][]} the steps of each phase
   */
  function standings(playbook, state, now) {
    const resolved = resolvedAt(playbook, state);
    /** @type {number | null} */
    let begun = state.started;
    return playbook.phases.map((phase) => {
      const ticks = phase.tasks.map((task) => state.ticks[task.id]).filter(Boolean);
      begun = earliest([begun, ...ticks.map((tick) => tick.at)]);
      const since = { declared: state.started, phase: state.started === null ? null : begun, resolved };
      const steps = phase.tasks.map((task) => standing(task, state.ticks[task.id] || null, since, playbook, now));
      if (steps.some((step) => step.open)) begun = null;
      else if (ticks.length) begun = Math.max(...ticks.map((tick) => tick.at));
      return steps;
    });
  }

  /**
   * @param {(number | null)[]} moments
   * @returns {number | null}
   */
  function earliest(moments) {
    const known = moments.filter((moment) => moment !== null);
    return known.length ? Math.min(...known) : null;
  }

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
   * ``2026-11-20 09:40 UTC``; without its day where that is the day of ``near``.
   * @param {number} moment
   * @param {number} [near]
   * @returns {string}
   */
  function utc(moment, near) {
    const [day, time] = new Date(moment).toISOString().split("T");
    const same = near !== undefined && new Date(near).toISOString().startsWith(day);
    return (same ? "" : day + " ") + time.slice(0, 5) + " UTC";
  }

  /**
   * The same with the company's own time in brackets, where that is another.
   * @param {number} moment
   * @param {number} near
   * @param {string} zone
   * @returns {string}
   */
  function both(moment, near, zone) {
    const ahead = offset(moment, zone);
    const local = new Date(moment + ahead).toISOString().slice(11, 16);
    return utc(moment, near) + (ahead === 0 ? "" : " (" + local + ")");
  }

  return { addBusinessDays, both, resolvedAt, span, standings, utc };
})();
