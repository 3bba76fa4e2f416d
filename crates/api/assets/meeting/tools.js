// @ts-check
/**
 * What is done with a transcript as a whole: its level, the next 要確認, a word replaced everywhere, the history, that
 * nothing is left to do.
 *
 * @typedef {import("./transcript.js").Transcript} Transcript
 * @typedef {import("./editor.js").Editor} Editor
 * @typedef {import("./others.js").Others} Others
 * @typedef {import("./others.js").Correction} Correction
 */

import { call, Refused, say } from "../api.js";
import { isConverting } from "../keys.js";
import { clock } from "./transcript.js";

/** Corrections listed: the newest. */
const LISTED = 200;

export class Tools {
  /** Version of the transcript in which was counted. */
  #counted = 0;

  /** @param {HTMLElement} home @param {string} job @param {Transcript} transcript @param {Editor} editor @param {Others} others */
  constructor(home, job, transcript, editor, others) {
    this.home = home;
    this.job = job;
    this.path = `/v1/jobs/${job}/transcript`;
    this.transcript = transcript;
    this.editor = editor;
    this.others = others;
    for (const tool of home.querySelectorAll("[data-tools]")) tool.removeAttribute("hidden");
    home.addEventListener("click", (event) => this.#onClick(event));
    home.addEventListener("change", (event) => {
      const { target } = event;
      if (target instanceof HTMLInputElement && target.name === "level") void this.#show(target.value);
    });
    transcript.addEventListener("change", () => this.#standing());
    new MutationObserver(() => this.#standing()).observe(home, { attributeFilter: ["finished"] });
    const form = home.querySelector("[data-replace]");
    form?.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#count();
    });
    form?.addEventListener("input", () => this.#mayReplace(false));
  }

  /** What a key of the page does, if it does. @param {KeyboardEvent} event */
  onKey(event) {
    if (isConverting(event) || document.querySelector("dialog[open]")) return false;
    if (event.key === "F4") this.#next();
    else if (event.ctrlKey && event.key.toLowerCase() === "h") this.#open("replace");
    else return false;
    return true;
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const target = event.target instanceof Element ? event.target.closest("[data-tool], [data-act]") : null;
    if (!(target instanceof HTMLElement)) return;
    const { tool, act, sequence } = target.dataset;
    if (tool === "next") this.#next();
    else if (tool === "replace") this.#open("replace");
    else if (tool === "recluster") this.#open("recluster");
    else if (tool === "history") void this.#history();
    else if (tool === "finish") void this.#finish();
    else if (act === "close") target.closest("dialog")?.close();
    else if (act === "replace") void this.#replace();
    else if (act === "undo") void this.#undo(Number(sequence));
  }

  /** How much is left, and whether nothing is. */
  #standing() {
    const left = this.home.querySelector("[data-to-check]");
    if (left) left.textContent = String(this.transcript.list.querySelectorAll(".doubtful").length);
    const isFinished = this.home.hasAttribute("finished");
    this.home.querySelector("[data-finished]")?.toggleAttribute("hidden", !isFinished);
    const button = this.home.querySelector('[data-tool="finish"]');
    if (button) button.textContent = isFinished ? "また直す" : "完了にする";
  }

  /** Goes to the next line that is to be checked, from the one in hand on and round. */
  #next() {
    const rows = this.transcript.rows();
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const round = [...rows.slice(at + 1), ...rows.slice(0, at + 1)];
    const next = round.find((row) => row.classList.contains("doubtful"));
    if (!next) return say("要確認の発言は残っていません。");
    next.scrollIntoView({ block: "center", behavior: "instant" });
    next.querySelector("button")?.focus({ preventScroll: true });
  }

  /** @param {string} level */
  async #show(level) {
    if (level !== "verbatim" && level !== "cleaned" && level !== "edited") return;
    try {
      if (level !== "verbatim") {
        const answer = await call("GET", `${this.path}?level=${level}`);
        this.transcript.takeLevels((await answer.json()).segments);
      }
      this.transcript.showAt(level);
      for (const link of this.home.querySelectorAll("a[data-export]")) {
        if (link instanceof HTMLAnchorElement) link.search = `?level=${level}`;
      }
      say(level === "verbatim" ? "素起こしを表示しています。" : "整えた文字を表示しています。直すときは素起こしの文字が開きます。");
    } catch (error) {
      this.#complain(error);
    }
  }

  /** @param {string} name */
  #open(name) {
    const dialog = this.home.querySelector(`[data-dialog="${name}"]`);
    if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
  }

  /** @param {boolean} may */
  #mayReplace(may) {
    const button = this.home.querySelector('[data-act="replace"]');
    if (!(button instanceof HTMLButtonElement)) return;
    button.disabled = !may;
    if (may) button.focus();
  }

  get #words() {
    const value = (/** @type {string} */ id) => {
      const input = document.getElementById(id);
      return input instanceof HTMLInputElement ? input.value : "";
    };
    return { from: value("replace-from"), to: value("replace-to") };
  }

  /** @param {string} sentence */
  #sayCount(sentence) {
    const place = this.home.querySelector("[data-count]");
    if (place) place.textContent = sentence;
  }

  async #count() {
    try {
      const { from, to } = this.#words;
      const answer = await call("GET", `${this.path}/occurrences?${new URLSearchParams({ from, to })}`);
      /** @type {{ version: number, occurrences: number, segments: number[] }} */
      const found = await answer.json();
      this.#counted = found.version;
      this.#sayCount(`「${from}」は ${found.segments.length} の発言に ${found.occurrences} か所あります。「${to}」に置き換えますか。`);
      this.#mayReplace(true);
    } catch (error) {
      this.#mayReplace(false);
      this.#sayCount(error instanceof Refused ? error.sentence : "数えられませんでした。");
    }
  }

  async #replace() {
    try {
      const answer = await call("POST", `${this.path}/replace`, { body: this.#words, version: this.#counted });
      const change = await answer.json();
      this.transcript.take(change);
      this.home.dispatchEvent(new CustomEvent("corrected"));
      this.home.querySelector("[data-dialog=replace]")?.querySelector("form")?.reset();
      this.#sayCount(`${change.replaced} か所を置き換えました。元に戻すときは、閉じてから Ctrl+Z を押してください。`);
      this.#mayReplace(false);
      document.getElementById("replace-from")?.focus();
    } catch (error) {
      const isLate = error instanceof Refused && error.status === 412;
      this.#mayReplace(false);
      this.#sayCount(
        isLate ? "数えた後にほかの人が直しました。もう一度数えてください。"
        : error instanceof Refused ? error.sentence : "置き換えられませんでした。",
      );
    }
  }

  async #history() {
    try {
      const answer = await call("GET", `${this.path}/history`);
      /** @type {Correction[]} */
      const all = await answer.json();
      const rows = all.slice(-LISTED).reverse().map((correction) => this.#rowOf(correction));
      const place = this.home.querySelector("[data-history]");
      if (!rows.length) place?.replaceChildren(Object.assign(document.createElement("li"), { textContent: "まだ何も直していません。" }));
      else place?.replaceChildren(...rows);
      this.#open("history");
    } catch (error) {
      this.#complain(error);
    }
  }

  /** @param {Correction} correction */
  #rowOf(correction) {
    const row = document.createElement("li");
    const at = new Date(correction.at).toLocaleString("ja-JP", {
      timeZone: "Asia/Tokyo", month: "numeric", day: "numeric", hour: "numeric", minute: "2-digit",
    });
    const line = this.transcript.row(correction.segments[0] ?? -1);
    const where = line ? `${clock(Number(line.dataset["start"]))} の発言` : "";
    row.append(`${at} ${this.others.name(correction.by)} ${correction.label} ${where}`);
    if (correction.undone) row.append("(取り消し済み)");
    else {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button button-small";
      button.dataset["act"] = "undo";
      button.dataset["sequence"] = String(correction.sequence);
      button.textContent = "取り消す";
      button.setAttribute("aria-label", `取り消す: ${correction.label} ${where}`);
      row.append(button);
    }
    return row;
  }

  /** @param {number} sequence */
  async #undo(sequence) {
    const trouble = await this.editor.undo(sequence);
    if (!trouble) return this.#history();
    const place = this.home.querySelector("[data-history]");
    const notice = document.createElement("li");
    notice.className = "notice notice-error";
    notice.setAttribute("role", "alert");
    notice.textContent = trouble;
    place?.prepend(notice);
  }

  async #finish() {
    const isFinished = this.home.hasAttribute("finished");
    try {
      const answer = await call("POST", `${this.path}/${isFinished ? "reopen" : "finish"}`);
      this.transcript.take(await answer.json());
      this.home.toggleAttribute("finished", !isFinished);
      say(isFinished ? "また直せるようになりました。" : "完了にしました。");
    } catch (error) {
      this.#complain(error);
    }
  }

  /** @param {unknown} error */
  #complain(error) {
    this.home.querySelector(".tools + .trouble")?.remove();
    const notice = document.createElement("p");
    notice.className = "notice notice-error trouble";
    notice.setAttribute("role", "alert");
    notice.textContent = error instanceof Refused ? error.sentence : "うまくいきませんでした。";
    this.home.querySelector(".tools")?.after(notice);
  }
}
