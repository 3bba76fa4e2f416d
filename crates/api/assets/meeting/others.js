// @ts-check
/**
 * Who else is at a meeting and what they correct: what came since the last look, every few seconds while the page is
 * seen. Also says, while somebody works here, that somebody does.
 *
 * @typedef {import("./transcript.js").Transcript} Transcript
 * @typedef {import("./transcript.js").Change} Change
 * @typedef {{ sequence: number, by: string, label: string, segments: number[], at: string, undone: boolean }} Correction
 * @typedef {Change & { time_on_task: { user: string, last_at: string }[], holds?: import("./holds.js").LineHold[] }} Look
 */

import { call } from "../api.js";
import { OthersHolds } from "./holds.js";
import { clock } from "./transcript.js";

/** Between two looks, milliseconds. */
const EVERY = 5000;
/** Between two signs of life, milliseconds; gaps of more than a minute do not count as work. */
const SIGN_EVERY = 20_000;
/** Whoever gave a sign within this time is there, milliseconds. */
const PRESENT = 75_000;
/** How long a line shows that somebody corrected it, milliseconds. */
const SHOWN = 15_000;

export class Others {
  /** Everything up to this correction is on the page. */
  #seen = 0;
  #signed = 0;
  #timer = 0;
  /** @type {Promise<void> | null} */
  #looking = null;
  /** What was said last about corrections. */
  #news = "";

  /** @param {HTMLElement} home @param {string} job @param {Transcript} transcript */
  constructor(home, job, transcript) {
    this.home = home;
    this.path = `/v1/jobs/${job}/transcript`;
    this.transcript = transcript;
    this.holds = new OthersHolds(transcript);
    this.me = home.getAttribute("me") ?? "";
    this.names = new Map(
      [...home.querySelectorAll("[data-person]")].map((one) => [one.getAttribute("data-person") ?? "", one.textContent ?? ""]),
    );
    home.addEventListener("corrected", () => void this.look());
    for (const kind of ["keydown", "pointerdown", "timeupdate"]) {
      home.addEventListener(kind, () => this.#sign(), { capture: true });
    }
  }

  /** @param {string} user */
  name(user) {
    return this.names.get(user) ?? "ほかの人";
  }

  /** From now on; everything up to `seen` is on the page. @param {number} seen */
  start(seen) {
    this.#seen = seen;
    this.#timer = setInterval(() => {
      if (!document.hidden) void this.look();
    }, EVERY);
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** One look at a time. */
  look() {
    this.#looking ??= this.#look()
      .catch(() => undefined)
      .finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #look() {
    const { level } = this.transcript;
    const leveled = level === "verbatim" ? "" : `&level=${level}`;
    const answer = await call("GET", `${this.path}?since=${this.#seen}${leveled}`, { isBackground: true });
    /** @type {Look} */
    const found = await answer.json();
    this.home.toggleAttribute("finished", found.finished);
    const now = Date.parse(answer.headers.get("date") ?? "") || Date.now();
    const here = found.time_on_task.filter((one) => one.user !== this.me && now - Date.parse(one.last_at) < PRESENT);
    if (found.version > this.#seen) {
      const history = await call("GET", `${this.path}/history?since=${this.#seen}`, { isBackground: true });
      /** @type {Correction[]} */
      const corrections = await history.json();
      this.#seen = found.version;
      this.transcript.take(found);
      this.#tell(corrections.filter((correction) => correction.by !== this.me));
    }
    this.holds.show((found.holds ?? []).filter((hold) => hold.user !== this.me), (user) => this.name(user));
    const present = here.length ? `${here.map((one) => `${this.name(one.user)}さん`).join("、")}も作業中です。` : "";
    this.#say(present + this.#news);
  }

  /** @param {Correction[]} corrections */
  #tell(corrections) {
    const last = corrections.at(-1);
    if (!last) return;
    const places = new Set(corrections.flatMap((correction) => correction.segments));
    for (const id of places) {
      const row = this.transcript.row(id);
      row?.classList.add("by-another");
      setTimeout(() => row?.classList.remove("by-another"), SHOWN);
    }
    const row = this.transcript.row(last.segments[0] ?? -1);
    const where = row ? `${clock(Number(row.dataset["start"]))} ` : "";
    const more = corrections.length > 1 ? ` ほか ${corrections.length - 1} 件` : "";
    this.#news = `${this.name(last.by)}さんが直しました: ${where}${last.label}${more}`;
  }

  /** @param {string} sentence */
  #say(sentence) {
    const place = this.home.querySelector("[data-others]");
    if (!(place instanceof HTMLElement) || place.textContent === sentence) return;
    place.textContent = sentence;
    place.hidden = !sentence;
  }

  /** That somebody works here. Its failure costs nothing but a figure. */
  #sign() {
    const now = Date.now();
    if (now - this.#signed < SIGN_EVERY) return;
    this.#signed = now;
    call("POST", `${this.path}/activity`).catch(() => undefined);
  }
}
