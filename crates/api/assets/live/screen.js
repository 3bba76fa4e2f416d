// @ts-check
/** `<shoki-live session>`: one's microphone and the captions, to be corrected. `<shoki-live-screen session>`: these alone. */

import { call, Refused, say } from "../api.js";
import { isConverting } from "../keys.js";
import { Captions } from "./captions.js";
import { Microphone } from "./microphone.js";

/** Lines on a projector. */
const ON_SCREEN = 4;
const MAX_CHARS = 1000;

export class LiveElement extends HTMLElement {
  #session = "";
  /** @type {Microphone | null} */
  #microphone = null;
  /** @type {Captions | null} */
  #captions = null;

  connectedCallback() {
    this.#session = this.getAttribute("session") ?? "";
    const microphone = new Microphone(this.#session);
    const captions = new Captions(this, this.#session);
    this.#microphone = microphone;
    this.#captions = captions;
    for (const kind of ["change", "trouble"]) microphone.addEventListener(kind, () => this.#show());
    microphone.addEventListener("level", (event) => {
      const meter = this.querySelector("[data-level]");
      if (meter instanceof HTMLMeterElement && event instanceof CustomEvent) meter.value = event.detail;
    });
    captions.addEventListener("change", () => this.#show());
    captions.addEventListener("line", (event) => {
      this.querySelector("[data-empty]")?.setAttribute("hidden", "");
      if (event instanceof CustomEvent) addFix(event.detail);
    });
    captions.start();
    this.addEventListener("click", (event) => this.#onClick(event));
    document.addEventListener("keydown", this.#onKey);
    addEventListener("beforeunload", this.#onLeave);
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#onKey);
    removeEventListener("beforeunload", this.#onLeave);
    this.#captions?.stop();
    this.#microphone?.close();
  }

  /** Sound that only this page has is not left behind unasked. @param {BeforeUnloadEvent} event */
  #onLeave = (event) => {
    if (this.#microphone?.isOn || this.#microphone?.unsaved) event.preventDefault();
  };

  /** @param {KeyboardEvent} event */
  #onKey = (event) => {
    if (isConverting(event)) return;
    const line = event.target instanceof Element ? event.target.closest("li[data-segment]") : null;
    const act = this.#actOf(event, line instanceof HTMLElement ? line : null);
    if (!act) return;
    event.preventDefault();
    act();
  };

  /** @param {KeyboardEvent} event @param {HTMLElement | null} line @returns {(() => void) | null} */
  #actOf({ key, target }, line) {
    if (key === "F9") return () => void this.#toggle();
    if (!line) return null;
    if (target instanceof HTMLInputElement) {
      if (key === "Enter") return () => void this.#save(line);
      return key === "Escape" ? () => close(line) : null;
    }
    if (key === "F2") return () => open(line);
    if (key !== "ArrowDown" && key !== "ArrowUp") return null;
    const other = key === "ArrowDown" ? line.nextElementSibling : line.previousElementSibling;
    return () => other?.querySelector("button")?.focus();
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const target = event.target instanceof Element ? event.target : null;
    const line = target?.closest("li[data-segment]");
    if (target?.closest("[data-mic]")) void this.#toggle();
    else if (target?.closest("[data-end]")) void this.#end();
    else if (line instanceof HTMLElement && target?.closest("[data-fix]")) open(line);
    else if (line instanceof HTMLElement && target?.closest("[data-save]")) void this.#save(line);
    else if (line instanceof HTMLElement && target?.closest("[data-cancel]")) close(line);
  }

  async #toggle() {
    const microphone = this.#microphone;
    if (!microphone || this.#captions?.hasEnded) return;
    if (microphone.isOn) microphone.stop();
    else await microphone.start();
  }

  async #end() {
    const microphone = this.#microphone;
    if (!microphone || this.#captions?.hasEnded) return;
    microphone.stop();
    say("残りの音を保存しています。");
    await microphone.saved();
    try {
      await call("POST", `/v1/live/${this.#session}/end`);
      microphone.close();
    } catch (error) {
      this.#complain(error);
    }
  }

  /** @param {HTMLElement} line */
  async #save(line) {
    const input = line.querySelector("input");
    const text = input?.value.trim() ?? "";
    try {
      await call("POST", `/v1/live/${this.#session}/segments/${line.dataset["segment"]}`, { body: { text } });
      const place = line.querySelector(".text");
      if (place) place.textContent = text;
      close(line);
      say("直しました。");
    } catch (error) {
      this.#complain(error);
    }
  }

  #show() {
    const [microphone, captions] = [this.#microphone, this.#captions];
    if (!microphone || !captions) return;
    const mic = microphone.isOn ? (microphone.isConnected ? "録音しています" : "つないでいます")
      : captions.now?.connected ? "ほかの画面で録音中" : "使っていません";
    this.#figure("mic", mic);
    this.#figure("recorded", clock(captions.now?.recorded_ms ?? 0));
    this.#figure("behind", `${Math.round((captions.now?.behind_ms ?? 0) / 1000)} 秒`);
    this.#figure("unsaved", `${Math.round(microphone.unsaved)} 秒`);
    const button = this.querySelector("[data-mic]");
    const name = microphone.isOn ? "マイクを止める " : "マイクで始める ";
    if (button?.firstChild && button.firstChild.textContent !== name) button.firstChild.textContent = name;
    this.#say("[data-trouble]", microphone.trouble || captions.now?.trouble || "");
    if (!captions.hasEnded) return;
    for (const part of this.querySelectorAll("[data-mic], [data-end]")) if (part instanceof HTMLButtonElement) part.disabled = true;
    const done = this.querySelector("[data-done]");
    if (!(done instanceof HTMLElement) || !done.hidden) return;
    done.textContent = captions.job ? "会議を終えました。録音から会議録を作っています。" : "会議を終えました。録音はありません。";
    if (captions.job) done.append(link(`/jobs/${captions.job}`, "会議録の進み具合を見る"));
    done.hidden = false;
  }

  /** @param {string} name @param {string} value */
  #figure(name, value) {
    const place = this.querySelector(`[data-figure="${name}"]`);
    if (place && place.textContent !== value) place.textContent = value;
  }

  /** @param {string} selector @param {string} sentence */
  #say(selector, sentence) {
    const place = this.querySelector(selector);
    if (!(place instanceof HTMLElement) || place.textContent === sentence) return;
    place.textContent = sentence;
    place.hidden = !sentence;
  }

  /** @param {unknown} error */
  #complain(error) {
    this.#say("[data-trouble]", error instanceof Refused ? error.sentence : "うまくいきませんでした。");
  }
}

/** The captions alone. */
export class LiveScreenElement extends HTMLElement {
  /** @type {Captions | null} */
  #captions = null;

  connectedCallback() {
    const captions = new Captions(this, this.getAttribute("session") ?? "", ON_SCREEN);
    this.#captions = captions;
    captions.addEventListener("change", () => {
      const waiting = this.querySelector("[data-waiting]");
      if (!(waiting instanceof HTMLElement)) return;
      waiting.textContent = captions.hasEnded ? "会議は終わりました。" : "字幕を待っています。";
      const hasWords = captions.list?.childElementCount || captions.partial?.textContent;
      waiting.hidden = Boolean(hasWords) && !captions.hasEnded;
    });
    captions.start();
  }

  disconnectedCallback() {
    this.#captions?.stop();
  }
}

/** @param {HTMLElement} line */
function addFix(line) {
  const button = small("直す", "fix");
  button.className = "plain fix";
  button.setAttribute("aria-label", `直す: ${line.querySelector(".text")?.textContent ?? ""}`);
  line.append(button);
}

/** @param {HTMLElement} line */
function open(line) {
  const text = line.querySelector(".text");
  if (!(text instanceof HTMLElement) || line.querySelector("input")) return;
  const input = document.createElement("input");
  input.value = text.textContent ?? "";
  input.maxLength = MAX_CHARS;
  input.setAttribute("aria-label", "字幕の文字");
  const form = document.createElement("span");
  form.className = "caption-edit";
  form.append(input, small("保存", "save"), small("やめる", "cancel"));
  text.hidden = true;
  text.after(form);
  input.focus();
}

/** @param {HTMLElement} line */
function close(line) {
  line.querySelector(".caption-edit")?.remove();
  const text = line.querySelector(".text");
  if (text instanceof HTMLElement) text.hidden = false;
  line.querySelector("button")?.focus();
}

/** @param {string} name @param {string} act */
function small(name, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-small";
  button.dataset[act] = "";
  button.textContent = name;
  return button;
}

/** @param {string} path @param {string} name */
function link(path, name) {
  const anchor = document.createElement("a");
  anchor.href = path;
  anchor.textContent = name;
  return anchor;
}

/** 1:02:05, 0:07. @param {number} millis */
function clock(millis) {
  const seconds = Math.floor(millis / 1000);
  const end = String(seconds % 60).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}:${end}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${end}`;
}
