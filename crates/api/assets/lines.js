// @ts-check
/**
 * Lines of a transcript, corrected where they stand. Each correction names the version of the line that it was made
 * to; when somebody else was faster, what was typed stays in the box and their text is shown beside it.
 *
 * @typedef {{ id: number, text: string, speaker?: string, doubts: string[], version: number }} Segment
 * @typedef {{ segments: Segment[], removed: number[], speakers: { id: string, shown: string }[] }} Change
 */

import { call, Refused, say } from "./api.js";
import { isConverting } from "./keys.js";

export class Lines {
  /** Speakers' names by id. @type {Map<string, string>} */
  #speakers = new Map();
  /** The line that is being corrected. @type {HTMLElement | null} */
  #open = null;

  /** @param {HTMLElement} home @param {string} job */
  constructor(home, job) {
    this.home = home;
    this.job = job;
    for (const row of home.querySelectorAll("[data-speaker-id]")) {
      if (row instanceof HTMLElement) this.#speakers.set(row.dataset["speakerId"] ?? "", row.textContent ?? "");
    }
    home.addEventListener("keydown", (event) => this.#onKey(event));
    home.addEventListener("click", (event) => this.#onClick(event));
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (isConverting(event)) return;
    const line = event.target instanceof Element ? event.target.closest("li[data-version]") : null;
    if (event.key.toLowerCase() === "z" && event.ctrlKey && !this.#open) {
      event.preventDefault();
      return void this.#undo();
    }
    if (!(line instanceof HTMLElement)) return;
    if (event.key === "F2" && !this.#open) {
      event.preventDefault();
      return this.#edit(line);
    }
    if (event.key === "F8" && line.classList.contains("doubtful")) {
      event.preventDefault();
      return void this.#change(line, { confirmed: true });
    }
    if (!this.#open) return;
    if (event.key === "Escape") {
      event.preventDefault();
      return this.#close(line);
    }
    if (event.key === "Enter" && event.target instanceof HTMLTextAreaElement) {
      event.preventDefault();
      return void this.#save(line);
    }
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const target = event.target instanceof Element ? event.target.closest("[data-line]") : null;
    const line = target?.closest("li[data-version]");
    if (!(target instanceof HTMLElement) || !(line instanceof HTMLElement)) return;
    const act = target.dataset["line"];
    if (act === "edit" && !this.#open) this.#edit(line);
    else if (act === "save") void this.#save(line);
    else if (act === "cancel") this.#close(line);
    else if (act === "confirm") void this.#change(line, { confirmed: true });
  }

  /** @param {HTMLElement} line */
  #edit(line) {
    const text = line.querySelector("p");
    if (!text) return;
    this.#open = line;
    const box = document.createElement("textarea");
    box.value = text.textContent ?? "";
    box.rows = 2;
    box.maxLength = 2000;
    box.setAttribute("aria-label", "発言の文字");
    const who = document.createElement("select");
    who.setAttribute("aria-label", "話者");
    who.append(new Option("話者不明", ""));
    for (const [id, name] of this.#speakers) who.append(new Option(name, id));
    who.value = line.dataset["speaker"] ?? "";
    const form = document.createElement("div");
    form.className = "line-edit";
    form.append(box, who, act("保存", "save", "Enter"), act("やめる", "cancel", "Esc"));
    text.hidden = true;
    text.after(form);
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  }

  /** @param {HTMLElement} line */
  #close(line) {
    line.querySelector(".line-edit")?.remove();
    const text = line.querySelector("p");
    if (text) text.hidden = false;
    this.#open = null;
    line.querySelector("button")?.focus();
  }

  /** @param {HTMLElement} line */
  async #save(line) {
    const box = line.querySelector("textarea");
    const who = line.querySelector("select");
    const text = box?.value.replaceAll("\n", "").trim() ?? "";
    const before = line.querySelector("p")?.textContent;
    if (who && who.value !== (line.dataset["speaker"] ?? "")) {
      if (!(await this.#change(line, { speaker: who.value || null }))) return;
    }
    if (text !== before && !(await this.#change(line, { text }))) return;
    this.#close(line);
  }

  /** @param {HTMLElement} line @param {{ text?: string, speaker?: string | null, confirmed?: true }} body */
  async #change(line, body) {
    const path = `/v1/jobs/${this.job}/transcript/segments/${line.id.slice(1)}`;
    try {
      const answer = await call("PATCH", path, { body, version: Number(line.dataset["version"]) });
      this.#take(await answer.json());
      say("保存しました。");
      return true;
    } catch (error) {
      this.#complain(line, error);
      return false;
    }
  }

  async #undo() {
    try {
      const answer = await call("POST", `/v1/jobs/${this.job}/transcript/undo`, { body: {} });
      /** @type {Change} */
      const change = await answer.json();
      this.#take(change);
      const line = document.getElementById(`l${change.segments[0]?.id}`);
      line?.scrollIntoView({ block: "nearest" });
      line?.querySelector("button")?.focus();
      say("取り消しました。");
    } catch (error) {
      this.#complain(this.home, error);
    }
  }

  /** @param {Change} change */
  #take(change) {
    for (const speaker of change.speakers) this.#speakers.set(speaker.id, speaker.shown);
    const isKnown = change.segments.every((segment) => document.getElementById(`l${segment.id}`));
    // Lines came or went: what is where is said best by the page itself.
    if (change.removed.length || !isKnown) return location.reload();
    for (const segment of change.segments) this.#show(segment);
    this.home.querySelector("[data-stale]")?.removeAttribute("hidden");
  }

  /** @param {Segment} segment */
  #show(segment) {
    const line = document.getElementById(`l${segment.id}`);
    const text = line?.querySelector("p");
    if (!line || !text) return;
    text.textContent = segment.text;
    line.dataset["version"] = String(segment.version);
    line.dataset["speaker"] = segment.speaker ?? "";
    const voice = line.querySelector(".voice");
    if (voice) {
      voice.textContent = this.#speakers.get(segment.speaker ?? "") ?? "話者不明";
      voice.className = `voice voice-${segment.speaker ? Number(segment.speaker.slice(1)) % 6 : 6}`;
    }
    if (segment.doubts.length) return;
    line.classList.remove("doubtful");
    line.querySelector(".doubt")?.remove();
    line.querySelector('[data-line="confirm"]')?.remove();
    line.querySelector(".trouble")?.remove();
  }

  /** @param {HTMLElement} place @param {unknown} error */
  #complain(place, error) {
    place.querySelector(".trouble")?.remove();
    const notice = document.createElement("p");
    notice.className = "notice notice-error trouble";
    notice.setAttribute("role", "alert");
    notice.textContent = error instanceof Refused ? error.sentence : "保存できませんでした。";
    const present = error instanceof Refused ? error.problem.segment : undefined;
    if (present && place.id === `l${present.id}`) {
      notice.textContent += ` いまの文字: ${present.text}`;
      place.dataset["version"] = String(present.version);
    }
    place.append(notice);
  }
}

/** @param {string} name @param {string} act @param {string} key */
function act(name, act, key) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-small";
  button.dataset["line"] = act;
  const shown = document.createElement("kbd");
  shown.textContent = key;
  button.append(name, shown);
  return button;
}
