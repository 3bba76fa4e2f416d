// @ts-check
/**
 * `<shoki-meeting job>`: the text follows the sound, and the sound goes where one points.
 *
 * @typedef {{ text: string, start_ms: number, end_ms: number }} Token
 * @typedef {{ line: HTMLElement, start: number, end: number, words: { range: Range, start: number, end: number }[] }} Line
 */

import { call } from "./api.js";
import { isConverting, isText } from "./keys.js";
import { Lines } from "./lines.js";

/** How far playing goes back when it is taken up again, seconds. */
const BACK_STEP = 2;
/** How far one goes back to hear something again, seconds. */
const AGAIN = 5;
/** Name of the highlight in the style sheet. */
const SPOKEN = "spoken";

export class MeetingElement extends HTMLElement {
  /** @type {Line[]} */
  #lines = [];
  /** @type {HTMLElement | null} */
  #shown = null;
  #hasWords = false;

  connectedCallback() {
    this.#lines = [...this.querySelectorAll("[data-start]")].flatMap((line) =>
      line instanceof HTMLElement
        ? [{ line, start: Number(line.dataset["start"]), end: Number(line.dataset["end"]), words: [] }]
        : [],
    );
    new Lines(this, this.getAttribute("job") ?? "");
    const sound = this.#sound;
    this.addEventListener("click", (event) => this.#onClick(event));
    document.addEventListener("keydown", this.#onKey);
    if (!sound) return;
    sound.addEventListener("timeupdate", () => this.#follow(sound.currentTime * 1000));
    sound.addEventListener("play", () => void this.#loadWords());
    const transport = this.querySelector("[data-transport]");
    if (transport instanceof HTMLElement) transport.hidden = false;
    const speed = this.querySelector("[data-speed]");
    if (speed instanceof HTMLSelectElement) {
      speed.addEventListener("change", () => (sound.playbackRate = Number(speed.value)));
    }
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#onKey);
  }

  /** @returns {HTMLAudioElement | null} */
  get #sound() {
    return this.querySelector("audio");
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest("[data-play]")) return this.#toggle();
    if (target?.closest("[data-back]")) return this.#back(AGAIN);
    const place = target?.closest("[data-seek]");
    if (!(place instanceof HTMLElement) || !this.#sound) return;
    this.#sound.currentTime = Number(place.dataset["seek"]) / 1000;
    this.#follow(Number(place.dataset["seek"]));
    play(this.#sound);
  }

  #toggle() {
    const sound = this.#sound;
    if (!sound) return;
    if (!sound.paused) return sound.pause();
    if (sound.currentTime > 0 && !sound.ended) this.#back(BACK_STEP);
    play(sound);
  }

  /** @param {number} seconds */
  #back(seconds) {
    if (this.#sound) this.#sound.currentTime = Math.max(0, this.#sound.currentTime - seconds);
  }

  /** Marks the line and the word that are heard now. @param {number} millis */
  #follow(millis) {
    let [low, high] = [0, this.#lines.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#lines[middle]?.start ?? Infinity) <= millis) low = middle + 1;
      else high = middle;
    }
    const now = this.#lines[low - 1];
    if (now && now.line !== this.#shown) {
      this.#shown?.removeAttribute("aria-current");
      now.line.setAttribute("aria-current", "true");
      now.line.scrollIntoView({ block: "nearest", behavior: "instant" });
      this.#shown = now.line;
    }
    if (!("highlights" in CSS)) return;
    const word = now?.words.find((word) => word.start <= millis && millis < word.end);
    if (word) CSS.highlights.set(SPOKEN, new Highlight(word.range));
    else CSS.highlights.delete(SPOKEN);
  }

  /** Times of the words, once somebody listens. Without them lines are followed all the same. */
  async #loadWords() {
    if (this.#hasWords) return;
    this.#hasWords = true;
    try {
      const answer = await call("GET", `/v1/jobs/${this.getAttribute("job")}/transcript`);
      /** @type {{ segments: { id: number, tokens: Token[] }[] }} */
      const transcript = await answer.json();
      const byId = new Map(this.#lines.map((line) => [line.line.id, line]));
      for (const segment of transcript.segments) {
        const line = byId.get(`l${segment.id}`);
        if (line) line.words = wordsOf(line.line, segment.tokens);
      }
    } catch {
      this.#hasWords = false;
    }
  }

  /** @param {KeyboardEvent} event */
  #onKey = (event) => {
    if (isConverting(event)) return;
    if (event.key === "F9") {
      event.preventDefault();
      return this.#toggle();
    }
    if (event.key === "F7") {
      event.preventDefault();
      return this.#back(AGAIN);
    }
    if (isText(event.target) || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    const times = [...this.querySelectorAll("button.when")];
    const at = times.findIndex((time) => time === document.activeElement);
    const next = times[event.key === "ArrowDown" ? at + 1 : at - 1];
    if (at < 0 || !(next instanceof HTMLElement)) return;
    event.preventDefault();
    next.focus();
  };
}

/** Plays; that somebody stopped it before it began is no trouble. @param {HTMLAudioElement} sound */
function play(sound) {
  sound.play().catch(() => undefined);
}

/** Where each word stands in a line. @param {HTMLElement} line @param {Token[]} tokens */
function wordsOf(line, tokens) {
  const node = line.querySelector("p")?.firstChild;
  const text = node?.textContent ?? "";
  /** @type {Line["words"]} */
  const words = [];
  let from = 0;
  for (const token of tokens) {
    const word = token.text.trim();
    const at = word ? text.indexOf(word, from) : -1;
    if (!node || at < 0) continue;
    from = at + word.length;
    const range = new Range();
    range.setStart(node, at);
    range.setEnd(node, from);
    words.push({ range, start: token.start_ms, end: token.end_ms });
  }
  return words;
}
