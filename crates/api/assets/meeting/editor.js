// @ts-check
/**
 * One line at a time, corrected where it stands: text, speaker, split, join. Each correction names the version of the
 * line that was opened; when somebody else was faster, what was typed stays in the box and their text stands beside
 * it, and the person says which of the two is kept.
 *
 * @typedef {import("./transcript.js").Transcript} Transcript
 * @typedef {import("./transcript.js").Change} Change
 */

import { call, Refused, say } from "../api.js";
import { isConverting } from "../keys.js";
import { Hold } from "./holds.js";

/** Value of the choice for somebody who is not in the list. */
const SOMEBODY = "new";
const MAX_CHARS = 2000;

export class Editor {
  /** The line that is open. @type {HTMLElement | null} */
  #open = null;
  /** Version of the line that is being corrected: as it was opened, or as the own last change left it. */
  #base = 0;
  /** @type {Hold} */
  #hold;

  /** @param {HTMLElement} home @param {string} job @param {Transcript} transcript */
  constructor(home, job, transcript) {
    this.home = home;
    this.job = job;
    this.transcript = transcript;
    this.#hold = new Hold(job);
    home.addEventListener("keydown", (event) => this.#onKey(event));
    home.addEventListener("click", (event) => this.#onClick(event));
    addEventListener("beforeunload", (event) => {
      if (this.#open && this.#text() !== this.#stored()) event.preventDefault();
    });
  }

  get isOpen() {
    return this.#open !== null;
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    this.#hold.touch();
    if (isConverting(event)) return;
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest("dialog")) return;
    const line = target?.closest("li[data-version]");
    const act = this.#actOf(event, line instanceof HTMLElement ? line : null, target);
    if (!act) return;
    event.preventDefault();
    act();
  }

  /**
   * What a key does; nothing for most.
   * @param {KeyboardEvent} event @param {HTMLElement | null} line @param {Element | null} target
   * @returns {(() => void) | null}
   */
  #actOf(event, line, target) {
    const { key, ctrlKey } = event;
    if (ctrlKey && key.toLowerCase() === "z" && !this.#open) return () => void this.undo();
    if (!line) return null;
    if (ctrlKey && key.toLowerCase() === "j") return () => void this.#join(line);
    if (key === "F2" && !this.#open) return () => this.#edit(line);
    if (key === "F8" && line.classList.contains("doubtful")) return () => void this.#confirm(line);
    if (line !== this.#open) return null;
    if (key === "Escape") return () => this.#close();
    if (key !== "Enter" || !(target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement)) return null;
    return ctrlKey ? () => void this.#split() : () => void this.#save();
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const target = event.target instanceof Element ? event.target.closest("[data-line]") : null;
    const line = target?.closest("li[data-version]");
    if (!(target instanceof HTMLElement) || !(line instanceof HTMLElement)) return;
    const act = target.dataset["line"];
    if (act === "edit" && !this.#open) this.#edit(line);
    else if (act === "save") void this.#save();
    else if (act === "cancel") this.#close();
    else if (act === "split") void this.#split();
    else if (act === "join") void this.#join(line);
    else if (act === "confirm") void this.#confirm(line);
    else if (act === "keep-mine") void this.#keepMine(line);
  }

  /** @param {HTMLElement} line */
  #edit(line) {
    if (this.home.hasAttribute("finished")) {
      return say("この会議録は完了になっています。直すときは「また直す」を押してください。");
    }
    const { holder } = line.dataset;
    if (holder) return this.#sayHeld(line, `${holder}がこの発言を直しています。終わるまで待つか、ほかの発言を先に直してください。`);
    const text = line.querySelector(".text");
    if (!(text instanceof HTMLElement)) return;
    line.querySelector(".trouble")?.remove();
    this.#open = line;
    void this.#take(line);
    this.#base = Number(line.dataset["version"]);
    const box = document.createElement("textarea");
    box.value = this.#stored();
    box.rows = 2;
    box.maxLength = MAX_CHARS;
    box.setAttribute("aria-label", "発言の文字");
    const form = document.createElement("div");
    form.className = "line-edit";
    form.append(box, this.#whoBox(line.dataset["speaker"] ?? ""), act("保存", "save", "Enter"), act("分ける", "split", "Ctrl+Enter"));
    if (line.nextElementSibling) form.append(act("次とつなぐ", "join", "Ctrl+J"));
    form.append(act("やめる", "cancel", "Esc"));
    text.hidden = true;
    text.after(form);
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  }

  /** Takes the line for this person; somebody who was faster keeps it, and what was typed meanwhile stays. @param {HTMLElement} line */
  async #take(line) {
    const sentence = await this.#hold.take(Number(line.id.slice(1)));
    if (!sentence || this.#open !== line) return;
    if (this.#text() === this.#stored()) this.#close();
    this.#sayHeld(line, sentence);
  }

  /** @param {HTMLElement} line @param {string} sentence */
  #sayHeld(line, sentence) {
    line.querySelector(".trouble")?.remove();
    line.append(notice(sentence));
  }

  /** Who speaks, and of how much. @param {string} speaker */
  #whoBox(speaker) {
    const who = document.createElement("select");
    who.setAttribute("aria-label", "話者");
    who.append(new Option("話者不明", ""));
    for (const [id, name] of this.transcript.speakers) who.append(new Option(name, id));
    who.append(new Option("新しい話者…", SOMEBODY));
    who.value = speaker;
    const name = document.createElement("input");
    name.className = "who-name";
    name.maxLength = 60;
    name.placeholder = "新しい話者の名前";
    name.setAttribute("aria-label", "新しい話者の名前");
    name.hidden = true;
    const scope = document.createElement("select");
    scope.className = "who-scope";
    scope.setAttribute("aria-label", "話者を変える範囲");
    scope.append(new Option("この発言だけ", "one"), new Option("この話者の発言すべて", "all"));
    scope.hidden = true;
    who.addEventListener("change", () => {
      name.hidden = who.value !== SOMEBODY;
      scope.hidden = who.value === speaker || !speaker || !who.value;
      if (!name.hidden) name.focus();
    });
    const box = document.createElement("span");
    box.className = "who-box";
    box.append(who, name, scope);
    return box;
  }

  #close() {
    const line = this.#open;
    this.#open = null;
    this.#hold.release();
    if (!line) return;
    for (const part of line.querySelectorAll(".line-edit, .trouble, .conflict")) part.remove();
    const text = line.querySelector(".text");
    if (text instanceof HTMLElement) text.hidden = false;
    line.querySelector("button")?.focus();
  }

  /** What stands in the box, on one line. */
  #text() {
    return oneLine(this.#open?.querySelector("textarea")?.value ?? "").trim();
  }

  /** What is kept of the open line; what the page came with until the others are there. */
  #stored() {
    const line = this.#open;
    return (line && (this.transcript.segment(line)?.text ?? line.querySelector(".text")?.textContent)) ?? "";
  }

  async #save() {
    if (await this.#keep()) this.#close();
  }

  /** Keeps what was changed of the open line; whether that went well. */
  async #keep() {
    const line = this.#open;
    if (!line) return false;
    if (!(await this.#changeSpeaker(line))) return false;
    const text = this.#text();
    return text === this.#stored() && this.#isFresh(line) ? true : this.#change(line, { text });
  }

  /** Whether the line is still the one that was opened. @param {HTMLElement} line */
  #isFresh(line) {
    return Number(line.dataset["version"]) === this.#base;
  }

  /** @param {HTMLElement} line */
  async #changeSpeaker(line) {
    const who = line.querySelector(".who-box select");
    const scope = line.querySelector(".who-scope");
    const name = line.querySelector(".who-name");
    const before = line.dataset["speaker"] ?? "";
    if (!(who instanceof HTMLSelectElement) || who.value === before) return true;
    let speaker = who.value;
    if (speaker === SOMEBODY) {
      const known = new Set(this.transcript.speakers.keys());
      const typed = name instanceof HTMLInputElement ? name.value.trim() : "";
      if (!(await this.#ask(line, "POST", "speakers", { name: typed || null }))) return false;
      speaker = [...this.transcript.speakers.keys()].find((id) => !known.has(id)) ?? "";
      who.append(new Option(this.transcript.speakers.get(speaker) ?? "", speaker));
      who.value = speaker;
    }
    const isAll = scope instanceof HTMLSelectElement && !scope.hidden && scope.value === "all";
    if (isAll) return this.#ask(line, "POST", `speakers/${before}/merge`, { into: speaker });
    return this.#change(line, { speaker: speaker || null });
  }

  async #split() {
    const line = this.#open;
    const box = line?.querySelector("textarea");
    if (!line || !box) return;
    const at = [...oneLine(box.value.slice(0, box.selectionStart)).trimStart()].length;
    if (!(await this.#keep())) return;
    const id = line.id.slice(1);
    if (!(await this.#ask(line, "POST", `transcript/segments/${id}/split`, { at }, this.#base))) return;
    this.#close();
    say("二つに分けました。");
  }

  /** @param {HTMLElement} line */
  async #join(line) {
    const next = line.nextElementSibling;
    if (!(next instanceof HTMLElement)) return say("次の発言がありません。");
    if (this.#open && this.#open !== line) return;
    if (this.#open && !(await this.#keep())) return;
    const body = { with: Number(next.id.slice(1)) };
    const version = this.#open ? this.#base : Number(line.dataset["version"]);
    if (!(await this.#ask(line, "POST", `transcript/segments/${line.id.slice(1)}/join`, body, version))) return;
    this.#close();
    line.querySelector("button")?.focus();
    say("次の発言と一つにしました。");
  }

  /** @param {HTMLElement} line */
  async #confirm(line) {
    if (await this.#change(line, { confirmed: true }, Number(line.dataset["version"]))) line.querySelector("button")?.focus();
  }

  /**
   * @param {HTMLElement} line @param {{ text?: string, speaker?: string | null, confirmed?: true }} body
   * @param {number} [version]
   */
  #change(line, body, version = this.#base) {
    return this.#ask(line, "PATCH", `transcript/segments/${line.id.slice(1)}`, body, version);
  }

  /**
   * @param {HTMLElement} line @param {string} method @param {string} place @param {unknown} body
   * @param {number} [version]
   */
  async #ask(line, method, place, body, version) {
    line.querySelector(".trouble")?.remove();
    try {
      const options = version === undefined ? { body } : { body, version };
      const answer = await call(method, `/v1/jobs/${this.job}/${place}`, options);
      this.#took(await answer.json());
      if (this.#open) this.#base = this.transcript.segment(this.#open)?.version ?? this.#base;
      say("保存しました。");
      return true;
    } catch (error) {
      this.#complain(line, error);
      return false;
    }
  }

  /** @param {Change} change */
  #took(change) {
    this.transcript.take(change);
    this.home.dispatchEvent(new CustomEvent("corrected"));
  }

  /** Takes back a correction: one of the history, or the own last. @param {number} [sequence] */
  async undo(sequence) {
    try {
      const body = sequence === undefined ? {} : { sequence };
      const answer = await call("POST", `/v1/jobs/${this.job}/transcript/undo`, { body });
      /** @type {Change} */
      const change = await answer.json();
      this.#took(change);
      const line = this.transcript.row(change.segments[0]?.id ?? -1);
      line?.scrollIntoView({ block: "nearest", behavior: "instant" });
      line?.querySelector("button")?.focus();
      say("取り消しました。");
      return "";
    } catch (error) {
      if (sequence === undefined) this.#complain(this.home, error);
      return error instanceof Refused ? error.sentence : "取り消せませんでした。";
    }
  }

  /** Both texts stay: the own in the box, the other beside it. @param {HTMLElement} place @param {unknown} error */
  #complain(place, error) {
    place.querySelector(".trouble")?.remove();
    const said = notice(error instanceof Refused ? error.sentence : "保存できませんでした。");
    const present = error instanceof Refused ? error.problem.segment : undefined;
    if (present && place.id === `l${present.id}`) {
      said.replaceChildren(paragraph("あなたが直している間に、ほかの人がこの発言を直しました。どちらの文字も残っています。"));
      const theirs = paragraph(`ほかの人の文字: ${present.text}`);
      theirs.className = "theirs";
      place.dataset["version"] = String(present.version);
      said.append(theirs);
      // What the others did comes at once, under the open box.
      this.home.dispatchEvent(new CustomEvent("corrected"));
      if (this.#open === place) said.append(act("自分の文字で保存", "keep-mine"), act("ほかの人の文字のままにする", "cancel"));
    }
    if (place === this.home) place.querySelector(".tools")?.after(said);
    else place.append(said);
  }

  /** The person has seen the other text and wants the own. @param {HTMLElement} line */
  async #keepMine(line) {
    this.#base = Number(line.dataset["version"]);
    await this.#save();
  }
}

/** @param {string} text */
function paragraph(text) {
  return Object.assign(document.createElement("p"), { textContent: text });
}

/** What went wrong, told at once. @param {string} sentence */
function notice(sentence) {
  const box = document.createElement("div");
  box.className = "notice notice-error trouble";
  box.setAttribute("role", "alert");
  box.append(paragraph(sentence));
  return box;
}

/** @param {string} text */
function oneLine(text) {
  return text.replaceAll("\n", "");
}

/** @param {string} name @param {string} act @param {string} [key] */
function act(name, act, key) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-small";
  button.dataset["line"] = act;
  button.append(name);
  if (!key) return button;
  const shown = document.createElement("kbd");
  shown.textContent = key;
  button.append(shown);
  return button;
}
