// @ts-check
/** `<shoki-form-editor form>`: 帳票定義, the blank page at the left, its fields at the right. */

import { Refused, call, say } from "../api.js";
import { isConverting, isText } from "../keys.js";
import { make } from "../review/view.js";
import { Canvas } from "./canvas.js";
import { Draft } from "./draft.js";
import { Fields } from "./fields.js";
import { PublishDialog, TrialDialog } from "./panels.js";

/** @type {[string, string][]} */
const POLICIES = [["none", "自動可(確かめない)"], ["flagged", "要確認のみ確かめる"], ["all", "全件確かめる"], ["double", "二人で確かめる"]];
const ZOOMS = [100, 150, 200, 300];
/** @type {Record<string, string>} */
const STANDINGS = { saved: "保存済み", waiting: "保存しています", saving: "保存しています", trouble: "保存できていません" };

/** @param {string} name @param {string} act @param {string} [key] @param {string} [look] */
function button(name, act, key = "", look = "") {
  const keys = key.split("+").filter(Boolean).flatMap((one, place) => (place ? ["+", make("kbd", {}, one)] : [make("kbd", {}, one)]));
  return make("button", { type: "button", class: `button button-small ${look}`, "data-act": act, id: act }, name, ...keys);
}

export class FormEditorElement extends HTMLElement {
  #draft = new Draft("");
  #canvas = /** @type {Canvas} */ (/** @type {unknown} */ (null));
  #fields = /** @type {Fields} */ (/** @type {unknown} */ (null));
  #trial = /** @type {TrialDialog} */ (/** @type {unknown} */ (null));
  #publish = /** @type {PublishDialog} */ (/** @type {unknown} */ (null));
  #parts = {
    name: make("input", { type: "text", id: "form-name", maxlength: "255", "aria-label": "帳票の名前", autocomplete: "off" }),
    policy: make("select", { id: "form-check", "aria-label": "確かめ方" }, ...POLICIES.map(([value, name]) => make("option", { value }, name))),
    state: make("span", { class: "state state-wait", id: "form-state" }),
    saved: make("span", { class: "saved", id: "saved" }),
    take: button("枠の案をすべて使う", "take-all"),
    undo: button("元に戻す", "undo", "Ctrl+Z"),
    redo: button("やり直す", "redo", "Ctrl+Y"),
    trouble: make("div", { role: "alert" }),
    whole: make("div", { id: "form-faults" }),
  };

  connectedCallback() {
    const masters = new Map();
    for (const one of this.querySelectorAll("data")) {
      masters.set(one.value, [...(masters.get(one.value) ?? []), one.getAttribute("data-column") ?? ""]);
    }
    this.#draft = new Draft(this.getAttribute("form") ?? "");
    this.#canvas = new Canvas(this.#draft, () => this.#fields.enter());
    this.#fields = new Fields(this.#draft, masters, () => this.#canvas.reveal());
    this.#trial = new TrialDialog(this.#draft);
    this.#publish = new PublishDialog(this.#draft);
    this.replaceChildren(...this.#head(), this.#parts.trouble, this.#parts.whole, make("div", { class: "form-editor" }, this.#canvas.element, this.#fields.element), this.#trial.element, this.#publish.element);
    this.#draft.addEventListener("change", () => this.#show());
    this.#draft.addEventListener("refused", (event) => this.#complain(event instanceof CustomEvent ? event.detail : null));
    this.#parts.name.addEventListener("change", () => this.#draft.change((form) => (form.name = this.#parts.name.value.trim())));
    this.#parts.policy.addEventListener("change", () => this.#draft.change((form) => (form.check = this.#parts.policy.value)));
    this.addEventListener("click", (event) => this.#onClick(event));
    document.addEventListener("keydown", this.#onKey);
    window.addEventListener("beforeunload", this.#onLeave);
    void this.#begin();
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#onKey);
    window.removeEventListener("beforeunload", this.#onLeave);
  }

  async #begin() {
    try {
      await this.#draft.load();
      say("枠の案を探しています。");
      await this.#draft.loadSuggestions();
      say(`枠の案が ${this.#draft.open.length} 個あります。`);
    } catch (error) {
      this.#complain(error instanceof Refused ? error : null);
    }
  }

  #head() {
    const zoom = make("select", { id: "zoom", "aria-label": "用紙の大きさ" }, ...ZOOMS.map((percent) => make("option", { value: String(percent) }, `${percent} %`)));
    zoom.addEventListener("change", () => this.#canvas.zoom(Number(zoom.value)));
    const { name, policy, state, saved, take, undo, redo } = this.#parts;
    const acts = [take, undo, redo, button("試し読み", "try"), button("公開する", "publish-form", "", "button-primary")];
    return [
      make("div", { class: "form-head" }, make("a", { href: "/forms" }, "← 一覧"), name, policy, state, make("span", { class: "end" }, saved)),
      make("div", { class: "form-head" }, ...acts, make("span", { class: "end" }, button("下書きを消す", "delete-form"), zoom)),
    ];
  }

  #show() {
    const draft = this.#draft;
    if (!draft.body) return;
    const { name, policy, state, saved, take, undo, redo, trouble, whole } = this.#parts;
    if (document.activeElement !== name) name.value = draft.definition.name;
    policy.value = draft.definition.check;
    const { in_use, published } = draft.body;
    state.textContent = in_use ? `第${in_use}版を使用中` : published ? "使用していません" : "下書き";
    state.className = `state ${in_use ? "state-done" : "state-check"}`;
    saved.textContent = STANDINGS[draft.standing] ?? "";
    saved.toggleAttribute("data-trouble", draft.standing === "trouble");
    if (draft.standing === "saved") trouble.replaceChildren();
    take.disabled = draft.open.length === 0;
    take.firstChild?.replaceWith(`枠の案をすべて使う(${draft.open.length})`);
    undo.disabled = !draft.canUndo;
    redo.disabled = !draft.canRedo;
    const remove = this.querySelector("#delete-form");
    if (remove instanceof HTMLElement) remove.hidden = published > 0;
    const faults = draft.body.faults.filter((fault) => fault.field === null && draft.fields.length > 0);
    whole.replaceChildren(...faults.map((fault) => make("p", { class: "notice notice-error" }, fault.sentence)));
    this.#canvas.show();
    this.#fields.show();
  }

  /** @param {Refused | null} refused */
  #complain(refused) {
    const words = refused?.sentence ?? "この画面で問題が起きました。読み込み直してください。";
    const children = [make("p", {}, words)];
    if (refused?.status === 412) children.push(make("p", {}, make("a", { href: location.pathname }, "最新の内容を開く")));
    this.#parts.trouble.replaceChildren(make("div", { class: "notice notice-error", id: "trouble" }, ...children));
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const target = event.target instanceof Element ? event.target.closest("[data-act]") : null;
    if (target) this.#act(target.getAttribute("data-act") ?? "");
  }

  /** @param {string} act */
  #act(act) {
    const draft = this.#draft;
    switch (act) {
      case "take-all":
        return draft.take(draft.open);
      case "undo":
        return draft.undo();
      case "redo":
        return draft.redo();
      case "try":
        return this.#trial.element.showModal();
      case "publish-form":
        return void this.#publish.open().catch((error) => this.#complain(error instanceof Refused ? error : null));
      case "delete-form":
        return void this.#delete();
    }
  }

  async #delete() {
    if (!window.confirm("この下書きを消します。元に戻せません。")) return;
    try {
      await this.#draft.save();
      await call("DELETE", this.#draft.path);
      location.assign("/forms");
    } catch (error) {
      this.#complain(error instanceof Refused ? error : null);
    }
  }

  /** @param {KeyboardEvent} event */
  #onKey = (event) => {
    if (isConverting(event) || !event.ctrlKey || document.querySelector("dialog[open]") || isText(event.target)) return;
    const act = { z: "undo", y: "redo" }[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    this.#act(act);
  };

  /** @param {BeforeUnloadEvent} event */
  #onLeave = (event) => {
    if (this.#draft.standing !== "saved") event.preventDefault();
  };
}
