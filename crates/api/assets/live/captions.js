// @ts-check
/**
 * Captions as they come: what stays, by its number, and what is being said. A stream that breaks is taken up again.
 *
 * @typedef {{ partial?: { firm: string, tentative: string }, recorded_ms: number, behind_ms: number,
 *   connected: boolean, trouble?: string }} Now
 * @typedef {{ segment: number, start_ms: number, speaker?: string, text: string, to_check: boolean }} Final
 */

/** Before a stream that was refused is asked for again, milliseconds. */
const AGAIN = 3000;
const LOOKS = 6;

export class Captions extends EventTarget {
  /** @type {Map<number, HTMLElement>} */
  #lines = new Map();
  /** @type {EventSource | null} */
  #stream = null;
  #retry = 0;
  /** @type {Now | null} */
  now = null;
  /** The job that followed, once it has ended. @type {string | null} */
  job = null;
  hasEnded = false;

  /** @param {HTMLElement} home @param {string} session @param {number} [most] Lines shown; all unless told. */
  constructor(home, session, most = Infinity) {
    super();
    this.session = session;
    this.most = most;
    this.list = home.querySelector("[data-captions]");
    this.partial = home.querySelector("[data-partial]");
  }

  start() {
    const stream = new EventSource(`/v1/live/${this.session}/events`);
    this.#stream = stream;
    const on = (/** @type {string} */ name, /** @type {(body: any) => void} */ take) =>
      stream.addEventListener(name, (event) => {
        take(JSON.parse(/** @type {MessageEvent} */ (event).data));
        this.dispatchEvent(new Event("change"));
      });
    on("final", (body) => this.#final(body));
    on("correction", (body) => this.#correct(body.segment, body.text));
    on("now", (body) => this.#show(body));
    on("ended", (body) => this.#end(body.job ?? null));
    stream.addEventListener("error", () => {
      if (stream.readyState !== EventSource.CLOSED || this.hasEnded) return;
      this.#retry = setTimeout(() => this.start(), AGAIN);
    });
  }

  stop() {
    clearTimeout(this.#retry);
    this.#stream?.close();
  }

  /** @param {Final} final */
  #final(final) {
    // A stream that begins anew tells everything again: what is there stays as it was corrected.
    if (!final.text || this.#lines.has(final.segment) || !this.list) return;
    const line = document.createElement("li");
    line.dataset["segment"] = String(final.segment);
    const voice = document.createElement("span");
    const look = final.speaker ? Number(final.speaker.slice(1)) % LOOKS : LOOKS;
    voice.className = `voice voice-${look}`;
    voice.textContent = final.speaker ? `話者${Number(final.speaker.slice(1))}` : "話者不明";
    const text = document.createElement("p");
    text.className = "text";
    text.textContent = final.text;
    line.append(voice, text);
    if (final.to_check) line.classList.add("doubtful");
    const isAtEnd = this.#isAtEnd();
    this.list.append(line);
    this.#lines.set(final.segment, line);
    while (this.list.childElementCount > this.most) this.list.firstElementChild?.remove();
    this.dispatchEvent(new CustomEvent("line", { detail: line }));
    if (isAtEnd) this.list.scrollTop = this.list.scrollHeight;
  }

  /** Whether the reader is at the end: then new lines are followed. */
  #isAtEnd() {
    return !this.list || this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 40;
  }

  /** @param {number} segment @param {string} text */
  #correct(segment, text) {
    const line = this.#lines.get(segment);
    const place = line?.querySelector(".text");
    if (!line || !place) return;
    place.textContent = text;
    line.classList.remove("doubtful");
    line.toggleAttribute("hidden", !text);
  }

  /** @param {Now} now */
  #show(now) {
    this.now = now;
    if (!this.partial) return;
    const tentative = document.createElement("span");
    tentative.className = "tentative";
    tentative.textContent = now.partial?.tentative ?? "";
    this.partial.replaceChildren(now.partial?.firm ?? "", tentative);
  }

  /** @param {string | null} job */
  #end(job) {
    this.hasEnded = true;
    this.job = job;
    this.#stream?.close();
    this.partial?.replaceChildren();
  }
}
