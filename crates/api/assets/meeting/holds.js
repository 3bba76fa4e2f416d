// @ts-check
/**
 * Soft locks: the line that somebody corrects is theirs until they leave it, or go away. Never decides what is kept:
 * that do the versions.
 *
 * @typedef {import("./transcript.js").Transcript} Transcript
 * @typedef {{ segment: number, user: string, until: string }} LineHold
 */

import { call, Refused } from "../api.js";

/** Between two signs that the line is still being corrected, milliseconds; a hold ends after 30 s without one. */
const RENEW_EVERY = 10_000;
/** Whoever pressed no key for so long has left the line, milliseconds. */
const IDLE = 120_000;

/** The own hold: one line at a time. */
export class Hold {
  /** @type {string | null} */
  #path = null;
  #timer = 0;
  #touched = 0;

  /** @param {string} job */
  constructor(job) {
    this.job = job;
  }

  /** Somebody is at the keys. */
  touch() {
    this.#touched = Date.now();
  }

  /** Takes a line; why it cannot be had, else nothing. No answer is no refusal. @param {number} segment */
  async take(segment) {
    this.release();
    const path = `/v1/jobs/${this.job}/transcript/segments/${segment}/hold`;
    this.#path = path;
    this.touch();
    this.#timer = setInterval(() => {
      if (Date.now() - this.#touched < IDLE) call("POST", path, { isBackground: true }).catch(() => undefined);
    }, RENEW_EVERY);
    try {
      await call("POST", path);
      // Left before the answer came: it is given back once more.
      if (this.#path !== path) call("DELETE", path).catch(() => undefined);
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 409) return "";
      if (this.#path === path) this.#forget();
      return error.problem.detail ?? error.sentence;
    }
    return "";
  }

  release() {
    const path = this.#path;
    this.#forget();
    if (path) call("DELETE", path).catch(() => undefined);
  }

  #forget() {
    clearInterval(this.#timer);
    this.#path = null;
  }
}

/** Shows the others' holds at their lines. */
export class OthersHolds {
  /** Names by line. @type {Map<number, string>} */
  #shown = new Map();

  /** @param {Transcript} transcript */
  constructor(transcript) {
    this.transcript = transcript;
  }

  /** @param {LineHold[]} holds Those of others. @param {(user: string) => string} nameOf */
  show(holds, nameOf) {
    const now = new Map(holds.map((hold) => [hold.segment, `${nameOf(hold.user)}さん`]));
    for (const [segment, name] of this.#shown) {
      if (now.get(segment) !== name) mark(this.transcript.row(segment), "");
    }
    for (const [segment, name] of now) {
      const row = this.transcript.row(segment);
      if (row?.dataset["holder"] !== name) mark(row, name);
    }
    this.#shown = now;
  }
}

/** @param {HTMLElement | undefined} row @param {string} name Nobody's when empty. */
function mark(row, name) {
  if (!row) return;
  row.querySelector(".holder")?.remove();
  row.classList.toggle("held", name !== "");
  const button = row.querySelector('[data-line="edit"]');
  if (!name) {
    delete row.dataset["holder"];
    button?.removeAttribute("aria-disabled");
    return;
  }
  row.dataset["holder"] = name;
  button?.setAttribute("aria-disabled", "true");
  const note = document.createElement("p");
  note.className = "note holder";
  note.textContent = `${name}が直しています`;
  row.append(note);
}
