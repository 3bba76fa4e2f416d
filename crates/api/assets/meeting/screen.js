// @ts-check
/**
 * `<shoki-meeting job me>`: the text follows the sound, and the sound goes where one points. The lines beyond those of
 * the page, and the times of the words, come with one request.
 *
 * @typedef {import("./transcript.js").Token} Token
 * @typedef {{ node: Text, from: number, to: number, start: number, end: number }} Word
 */

import { call, Refused, say } from "../api.js";
import { isConverting, isText } from "../keys.js";
import { DraftPane } from "./draft.js";
import { Editor } from "./editor.js";
import { Others } from "./others.js";
import { Regroup } from "./regroup.js";
import { Tools } from "./tools.js";
import { Transcript } from "./transcript.js";

/** How far playing goes back when it is taken up again, seconds. */
const BACK_STEP = 2;
/** How far one goes back to hear something again, seconds. */
const AGAIN = 5;
/** Name of the highlight in the style sheet. */
const SPOKEN = "spoken";

export class MeetingElement extends HTMLElement {
  /** The lines, by beginning. @type {{ row: HTMLElement, start: number }[]} */
  #lines = [];
  /** @type {HTMLElement | null} */
  #shown = null;
  /** Words of the line that is heard. @type {Word[] | null} */
  #words = null;
  /** @type {Transcript | null} */
  #transcript = null;
  /** @type {Editor | null} */
  #editor = null;
  /** @type {Others | null} */
  #others = null;
  /** @type {Tools | null} */
  #tools = null;

  connectedCallback() {
    const list = this.querySelector(".lines");
    const pattern = this.querySelector("template#line");
    if (!(list instanceof HTMLElement) || !(pattern instanceof HTMLTemplateElement)) return;
    const job = this.getAttribute("job") ?? "";
    const transcript = new Transcript(list, pattern);
    this.#transcript = transcript;
    transcript.addEventListener("change", () => this.#learn());
    this.#editor = new Editor(this, job, transcript);
    this.#others = new Others(this, job, transcript);
    this.#tools = new Tools(this, job, transcript, this.#editor, this.#others);
    new Regroup(this, job, transcript);
    new DraftPane(this, job);
    this.addEventListener("corrected", () => this.querySelector("[data-stale]")?.removeAttribute("hidden"));
    this.#learn();
    void this.#load(job);
    const sound = this.#sound;
    this.addEventListener("click", (event) => this.#onClick(event));
    document.addEventListener("keydown", this.#onKey);
    if (!sound) return;
    sound.addEventListener("timeupdate", () => this.#follow(sound.currentTime * 1000));
    const transport = this.querySelector("[data-transport]");
    if (transport instanceof HTMLElement) transport.hidden = false;
    const speed = this.querySelector("[data-speed]");
    if (speed instanceof HTMLSelectElement) {
      speed.addEventListener("change", () => (sound.playbackRate = Number(speed.value)));
    }
  }

  /** Where each line begins. */
  #learn() {
    this.#lines = this.#transcript?.rows().map((row) => ({ row, start: Number(row.dataset["start"]) })) ?? [];
    this.#words = null;
  }

  /** All lines with the times of their words. @param {string} job */
  async #load(job) {
    try {
      const answer = await call("GET", `/v1/jobs/${job}/transcript`);
      const whole = await answer.json();
      this.#transcript?.take(whole);
      this.querySelector("[data-next]")?.remove();
      this.#others?.start(whole.version);
      this.setAttribute("loaded", "");
    } catch (error) {
      say(error instanceof Refused ? error.sentence : "発言をすべては読み込めませんでした。開き直してください。");
    }
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#onKey);
    this.#others?.stop();
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
    const row = this.#lines[low - 1]?.row ?? null;
    if (row && row !== this.#shown) {
      this.#shown?.removeAttribute("aria-current");
      row.setAttribute("aria-current", "true");
      // Whoever is typing is not carried away.
      if (!this.#editor?.isOpen) row.scrollIntoView({ block: "nearest", behavior: "instant" });
      this.#shown = row;
      this.#words = null;
    }
    if (!("highlights" in CSS) || !row) return;
    const segment = this.#transcript?.segment(row);
    this.#words ??= segment ? wordsOf(row, segment.tokens) : null;
    const word = this.#words?.find((word) => word.start <= millis && millis < word.end);
    if (!word || word.to > word.node.length) return void CSS.highlights.delete(SPOKEN);
    const range = new StaticRange({
      startContainer: word.node, startOffset: word.from, endContainer: word.node, endOffset: word.to,
    });
    CSS.highlights.set(SPOKEN, new Highlight(range));
  }

  /** @param {KeyboardEvent} event */
  #onKey = (event) => {
    if (isConverting(event)) return;
    if (this.#tools?.onKey(event)) return event.preventDefault();
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

/** Where each word stands in a line; `null` where the line is shown at another level. @param {HTMLElement} row @param {Token[]} tokens */
function wordsOf(row, tokens) {
  const node = row.querySelector(".text")?.firstChild;
  if (!(node instanceof Text)) return null;
  const text = node.data;
  /** @type {Word[]} */
  const words = [];
  let from = 0;
  for (const token of tokens) {
    const word = token.text.trim();
    const at = word ? text.indexOf(word, from) : -1;
    if (at < 0) continue;
    from = at + word.length;
    words.push({ node, from: at, to: from, start: token.start_ms, end: token.end_ms });
  }
  return words;
}
