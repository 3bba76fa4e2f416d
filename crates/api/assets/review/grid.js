// @ts-check
/**
 * `<shoki-grid job>`: まとめ確認, one field over all sheets. Each decision is sent as it is made, behind the ones
 * before; one that is refused says why in its cell and keeps what was typed.
 *
 * @typedef {{ form: string, form_name?: string, key: string, label: string, open: number }} OpenField
 * @typedef {import("./model.js").Field & { page: number, form: string, version: number, crop: string,
 *   locked_by?: "me" | "other" }} Item
 * @typedef {import("./model.js").Decision} Decision
 * @typedef {{ items: { page: number, key: string, result: string, problem?: { sentence: string } }[],
 *   sheets: { page: number, version: number, task: string, fields_open: number }[] }} Decided
 */

import { call, Refused, say } from "../api.js";
import { isConverting, isText } from "../keys.js";
import { make, proposal } from "./view.js";

export class GridElement extends HTMLElement {
  /** @type {Item[]} */
  #items = [];
  #at = 0;
  /** Versions of the sheets as the server said last. @type {Map<number, number>} */
  #versions = new Map();
  /** @type {Promise<void>} */
  #last = Promise.resolve();
  #waiting = 0;
  #parts = {
    choice: make("select", { id: "field" }),
    left: make("span", { id: "left", class: "left" }),
    saved: make("span", { class: "saved", id: "saved" }),
    cells: make("ol", { class: "cells", "aria-label": "欄の一覧" }),
    trouble: make("div", { role: "alert" }),
  };

  connectedCallback() {
    const { choice, left, saved, cells, trouble } = this.#parts;
    const finish = make("button", { type: "button", class: "button button-small button-primary", id: "finish" }, "決まった用紙を完了 ", make("kbd", {}, "Ctrl"), "+", make("kbd", {}, "Enter"));
    const head = make("div", { class: "check-head" }, make("a", { href: `/jobs/${this.#job}` }, "← 戻る"), make("label", { for: "field" }, "欄"), choice, left, make("span", { class: "end" }, saved, finish));
    this.replaceChildren(head, trouble, cells);
    choice.addEventListener("change", () => void this.#load());
    finish.addEventListener("click", () => void this.#finish());
    this.addEventListener("click", (event) => this.#onClick(event));
    document.addEventListener("keydown", this.#onKey);
    void this.#list();
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#onKey);
  }

  get #job() {
    return this.getAttribute("job") ?? "";
  }

  /** Which fields have something open. */
  async #list() {
    try {
      /** @type {OpenField[]} */
      const fields = await (await call("GET", `/v1/jobs/${this.#job}/review/fields`)).json();
      const options = fields.map((field) => new Option(`${field.form_name ?? field.form}: ${field.label}(${field.open})`, `${field.form}/${field.key}`));
      this.#parts.choice.replaceChildren(...options);
      if (fields.length) await this.#load();
      else this.#parts.cells.replaceChildren(make("li", { class: "empty", id: "all-done" }, "決まっていない欄はもうありません。"));
    } catch (error) {
      this.#complain(error);
    }
  }

  async #load() {
    await this.#last;
    const [form, key] = this.#parts.choice.value.split("/");
    try {
      const query = new URLSearchParams({ form: form ?? "", key: key ?? "" });
      const answer = await call("GET", `/v1/jobs/${this.#job}/review/grid?${query}`);
      this.#items = (await answer.json()).items;
      this.#versions = new Map(this.#items.map((item) => [item.page, item.version]));
      this.#parts.cells.replaceChildren(...this.#items.map((item, place) => this.#cell(item, place)));
      this.#count();
      this.#goTo(0);
    } catch (error) {
      this.#complain(error);
    }
  }

  /** @param {Item} item @param {number} place */
  #cell(item, place) {
    const crop = make("div", { class: "cell-crop" });
    if (item.masked) crop.append(make("span", { class: "note" }, "伏せてあります。用紙の確認画面で決めてください。"));
    else void this.#picture(item, crop);
    const value = make("input", { value: item.masked ? "" : proposal(item).text, "aria-label": `${item.page} ページの値`, autocomplete: "off", maxlength: "500", id: `value-${place}` });
    if (item.masked || item.locked_by === "other") value.disabled = true;
    const head = make("p", { class: "note" }, `${item.page} ページ `, make("span", { "data-mark": "" }, item.locked_by === "other" ? "ほかの人が確認中" : ""));
    const why = make("p", { class: "note why" }, item.explanations.join("、"));
    return make("li", { class: "cell", "data-place": String(place) }, head, crop, value, why);
  }

  /** @param {Item} item @param {HTMLElement} place */
  async #picture(item, place) {
    try {
      const url = URL.createObjectURL(await (await call("GET", item.crop)).blob());
      const image = make("img", { src: url, alt: `${item.page} ページの画像` });
      image.addEventListener("load", () => URL.revokeObjectURL(url), { once: true });
      place.replaceChildren(image);
    } catch {
      place.replaceChildren(make("span", { class: "note" }, "画像はありません。"));
    }
  }

  /** Goes to a cell, or past it to the next one that can be decided. @param {number} place */
  #goTo(place) {
    const step = place < this.#at ? -1 : 1;
    for (let next = place; next >= 0 && next < this.#items.length; next += step) {
      const input = this.querySelector(`#value-${next}`);
      if (!(input instanceof HTMLInputElement) || input.disabled) continue;
      this.#at = next;
      input.focus();
      return input.select();
    }
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const cell = event.target instanceof Element ? event.target.closest(".cell") : null;
    if (cell instanceof HTMLElement) this.#at = Number(cell.dataset["place"]);
  }

  /** @param {KeyboardEvent} event */
  #onKey = (event) => {
    if (isConverting(event) || document.querySelector("dialog[open]")) return;
    const cell = event.target instanceof Element ? event.target.closest(".cell") : null;
    if (cell instanceof HTMLElement) this.#at = Number(cell.dataset["place"]);
    if (event.key === "Enter" && event.ctrlKey) {
      event.preventDefault();
      return void this.#finish();
    }
    if (!cell || event.altKey || event.ctrlKey || event.metaKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && isText(event.target)) {
      event.preventDefault();
      return this.#goTo(this.#at + step);
    }
    if (event.key === "Enter" && event.shiftKey) {
      event.preventDefault();
      return this.#goTo(this.#at - 1);
    }
    /** @type {Decision["kind"] | undefined} */
    const kind = { F8: /** @type {const} */ ("hold"), F9: /** @type {const} */ ("unreadable") }[event.key];
    if (event.key !== "Enter" && !kind) return;
    event.preventDefault();
    this.#decide(kind);
  };

  /** Decides the cell that one is in; without a kind by what stands in it. @param {Decision["kind"]} [kind] */
  #decide(kind) {
    const item = this.#items[this.#at];
    const input = this.querySelector(`#value-${this.#at}`);
    if (!item || !(input instanceof HTMLInputElement) || input.disabled) return this.#goTo(this.#at + 1);
    const { text, isTyped } = proposal(item);
    const isAsRead = !isTyped && input.value === text;
    /** @type {Decision} */
    const decision = kind ? { kind } : isAsRead ? { kind: "accept" } : { kind: "correct", text: input.value };
    item.decision = decision;
    item.open = decision.kind === "hold";
    this.#mark(this.#at, decision.kind === "hold" ? "保留" : decision.kind === "unreadable" ? "読めない" : "✓ 決定");
    this.#count();
    this.#send([item], false);
    this.#goTo(this.#at + 1);
  }

  async #finish() {
    const decided = this.#items.filter((item) => item.decision && !item.open);
    if (!decided.length) return say("決めた欄がまだありません。");
    this.#send(decided, true);
    await this.#last;
    await this.#list();
  }

  /** @param {Item[]} items @param {boolean} finish */
  #send(items, finish) {
    this.#waiting += 1;
    this.#count();
    this.#last = this.#last.then(async () => {
      try {
        const body = {
          finish,
          items: items.map((item) => ({ page: item.page, key: item.key, version: this.#versions.get(item.page) ?? item.version, decision: item.decision })),
        };
        const answer = await call("POST", `/v1/jobs/${this.#job}/review/decisions`, { body });
        this.#take(await answer.json());
      } catch (error) {
        this.#complain(error);
        for (const item of items) this.#refuse(item, "保存できませんでした。もう一度 Enter を押してください。");
      } finally {
        this.#waiting -= 1;
        this.#count();
      }
    });
  }

  /** @param {Decided} decided */
  #take(decided) {
    for (const sheet of decided.sheets) this.#versions.set(sheet.page, sheet.version);
    for (const one of decided.items) {
      if (one.result !== "refused") continue;
      const item = this.#items.find((item) => item.page === one.page && item.key === one.key);
      if (item) this.#refuse(item, one.problem?.sentence ?? "決められませんでした。");
    }
  }

  /** @param {Item} item @param {string} sentence */
  #refuse(item, sentence) {
    item.open = true;
    delete item.decision;
    this.#mark(this.#items.indexOf(item), sentence);
  }

  /** @param {number} place @param {string} words */
  #mark(place, words) {
    const cell = this.querySelector(`.cell[data-place="${place}"]`);
    const mark = cell?.querySelector("[data-mark]");
    if (mark) mark.textContent = words;
    cell?.toggleAttribute("data-decided", this.#items[place]?.open === false);
  }

  #count() {
    this.#parts.left.textContent = `残り ${this.#items.filter((item) => item.open).length} 欄`;
    this.#parts.saved.textContent = this.#waiting ? "保存しています" : "保存済み";
  }

  /** @param {unknown} error */
  #complain(error) {
    const words = error instanceof Refused ? error.sentence : "この画面で問題が起きました。読み込み直してください。";
    this.#parts.trouble.replaceChildren(make("p", { class: "notice notice-error", id: "trouble" }, words));
  }
}
