// @ts-check
/** 試し読み and 公開: two dialogs over the editor. */

import { Refused, call, say } from "../api.js";
import { make } from "../review/view.js";

/**
 * @typedef {import("./draft.js").Draft} Draft
 * @typedef {{ key: string, label: string, text: string, state: string, explanations: string[], crop: string | null }} Tried
 * @typedef {{ is_form: boolean, reason: string | null, fields: Tried[] }} Trial
 * @typedef {{ version: number | null, at: string, note: string, fields: number }} Use
 */

/** @type {Record<string, [string, string]>} */
const STATES = { sure: ["確実", "state-done"], check: ["要確認", "state-check"], unreadable: ["読めません", "state-stop"] };

/** @param {unknown} error */
function sentenceOf(error) {
  return error instanceof Refused ? error.sentence : "この画面で問題が起きました。読み込み直してください。";
}

/** A dialog with a head. @param {string} id @param {string} title @param {...(Node | string)} children */
function dialog(id, title, ...children) {
  const close = make("form", { method: "dialog" }, make("button", { class: "button" }, "閉じる", make("kbd", {}, "Esc")));
  return make("dialog", { id, class: "form-dialog", "aria-labelledby": `${id}-title` }, make("h2", { id: `${id}-title` }, title), ...children, close);
}

export class TrialDialog {
  #file = make("input", { type: "file", id: "trial-file", accept: ".pdf,.tif,.tiff,.jpg,.jpeg,.png" });
  #page = make("input", { type: "number", id: "trial-page", min: "1", value: "1" });
  #result = make("div", { id: "trial-result", "aria-live": "polite" });
  /** @type {string[]} */
  #urls = [];
  #start = make("button", { type: "button", class: "button button-primary", id: "trial-start" }, "試しに読む");
  element = dialog(
    "trial",
    "試し読み",
    make("p", { class: "note" }, "記入した用紙を、今の定義で読んでみます。用紙も結果も保存しません。"),
    make(
      "div",
      { class: "form-row" },
      make("div", { class: "field" }, make("label", { for: "trial-file" }, "記入した用紙"), this.#file),
      make("div", { class: "field" }, make("label", { for: "trial-page" }, "何ページ目か"), this.#page),
    ),
    make("p", {}, this.#start),
    this.#result,
  );

  /** @param {Draft} draft */
  constructor(draft) {
    this.draft = draft;
    this.#start.addEventListener("click", () => void this.#run());
    this.element.addEventListener("close", () => this.#forget());
  }

  #forget() {
    for (const url of this.#urls) URL.revokeObjectURL(url);
    this.#urls = [];
    this.#result.replaceChildren();
  }

  async #run() {
    const [file] = this.#file.files ?? [];
    if (!file) {
      this.#result.replaceChildren(make("p", { class: "notice notice-error" }, "記入した用紙のファイルを選んでください。"));
      return;
    }
    this.#forget();
    this.#start.disabled = true;
    this.#result.replaceChildren(make("p", { class: "notice" }, "読んでいます。数秒かかります。"));
    try {
      await this.draft.save();
      const page = Math.max(1, Math.trunc(Number(this.#page.value)) || 1);
      const response = await call("POST", `${this.draft.path}/trial?page=${page}`, { file });
      this.#show(await response.json());
    } catch (error) {
      this.#result.replaceChildren(make("p", { class: "notice notice-error" }, sentenceOf(error)));
    }
    this.#start.disabled = false;
  }

  /** @param {Trial} trial */
  #show(trial) {
    if (!trial.is_form) {
      this.#result.replaceChildren(make("p", { class: "notice notice-warn", id: "trial-reason" }, trial.reason ?? ""));
      return;
    }
    const rows = trial.fields.map((field) => {
      const [word, look] = STATES[field.state] ?? ["要確認", "state-check"];
      const picture = make("td", { class: "trial-crop" });
      if (field.crop) {
        const bytes = Uint8Array.from(atob(field.crop), (letter) => letter.charCodeAt(0));
        const url = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
        this.#urls.push(url);
        picture.append(make("img", { src: url, alt: `${field.label} の画像` }));
      }
      return make(
        "tr",
        {},
        make("th", { scope: "row" }, field.label),
        picture,
        make("td", { class: "trial-value" }, field.text || "(記入なし)"),
        make("td", {}, make("span", { class: `state ${look}` }, word), ...field.explanations.map((why) => make("p", { class: "note" }, why))),
      );
    });
    const head = make("tr", {}, ...["欄", "画像", "読み取った値", "確かさ"].map((name) => make("th", { scope: "col" }, name)));
    this.#result.replaceChildren(make("table", { class: "list", id: "trial-table" }, make("caption", { class: "unseen" }, "試し読みの結果"), make("thead", {}, head), make("tbody", {}, ...rows)));
    say(`${trial.fields.length} 欄を読みました。`);
  }
}

export class PublishDialog {
  #note = make("input", { type: "text", id: "publish-note", maxlength: "500", autocomplete: "off" });
  #trouble = make("div", { role: "alert" });
  #history = make("div", { id: "publish-history" });
  #start = make("button", { type: "button", class: "button button-primary", id: "publish-start" }, "公開する");
  element = dialog(
    "publish",
    "公開",
    make("p", {}, "公開すると、これから受け付けるファイルをこの定義で読み取ります。受付済みのジョブは、受け付けたときの定義のままです。"),
    make("div", { class: "field" }, make("label", { for: "publish-note" }, "変更のメモ(履歴に残ります。なくても構いません)"), this.#note),
    this.#trouble,
    make("p", {}, this.#start),
    this.#history,
  );

  /** @param {Draft} draft */
  constructor(draft) {
    this.draft = draft;
    this.#start.addEventListener("click", () => void this.#publish());
    this.#history.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      if (button) void this.#use(button.value === "" ? null : Number(button.value));
    });
  }

  /** Shows what keeps it from being published, and the history. */
  async open() {
    await this.draft.save();
    const faults = this.draft.body?.faults ?? [];
    this.#start.disabled = faults.length > 0;
    const sentences = faults.map((fault) => make("li", {}, fault.sentence));
    this.#trouble.replaceChildren(...(faults.length ? [make("div", { class: "notice notice-error", id: "publish-faults" }, make("p", {}, make("strong", {}, "直すところがあります。")), make("ul", {}, ...sentences))] : []));
    this.element.showModal();
    await this.#showHistory();
  }

  async #publish() {
    const { draft } = this;
    this.#start.disabled = true;
    this.#trouble.replaceChildren(make("p", { class: "notice" }, "ほかの帳票と見分けられるかを確かめています。"));
    try {
      await draft.save();
      const response = await call("POST", `${draft.path}/publish`, { body: { note: this.#note.value }, version: draft.body?.version ?? 0 });
      /** @type {Use} */
      const use = await response.json();
      await draft.load();
      this.#note.value = "";
      this.#trouble.replaceChildren(make("p", { class: "notice notice-good", id: "published" }, `第${use.version}版を公開しました。次に読み取るファイルから使います。`));
      await this.#showHistory();
    } catch (error) {
      this.#trouble.replaceChildren(make("p", { class: "notice notice-error", id: "publish-trouble" }, sentenceOf(error)));
    }
    this.#start.disabled = false;
  }

  /** @param {number | null} version */
  async #use(version) {
    try {
      await call("POST", `${this.draft.path}/use`, { body: { version, note: this.#note.value } });
      await this.draft.load();
      this.#trouble.replaceChildren(make("p", { class: "notice notice-good" }, version === null ? "この帳票を使うのをやめました。" : `第${version}版に戻しました。`));
      await this.#showHistory();
    } catch (error) {
      this.#trouble.replaceChildren(make("p", { class: "notice notice-error" }, sentenceOf(error)));
    }
  }

  async #showHistory() {
    /** @type {Use[]} */
    const uses = await call("GET", `${this.draft.path}/history`).then((response) => response.json());
    if (!uses.length) return this.#history.replaceChildren();
    const inUse = this.draft.body?.in_use ?? null;
    const seen = new Set([inUse]);
    const rows = uses.map((use) => {
      const act = make("td", { class: "act" });
      if (use.version !== null && !seen.has(use.version)) {
        seen.add(use.version);
        act.append(make("button", { type: "button", class: "button button-small", value: String(use.version) }, "この版に戻す"));
      }
      const at = new Date(use.at).toLocaleString("ja-JP", { timeZone: "Asia/Tokyo", dateStyle: "short", timeStyle: "short" });
      const what = use.version === null ? "使用をやめた" : `第${use.version}版(${use.fields}欄)`;
      return make("tr", {}, make("td", {}, at), make("td", {}, what), make("td", {}, use.note), act);
    });
    const head = make("tr", {}, ...["日時", "使う版", "メモ", "操作"].map((name) => make("th", { scope: "col" }, name)));
    const table = make("table", { class: "list" }, make("caption", { class: "unseen" }, "公開の履歴"), make("thead", {}, head), make("tbody", {}, ...rows));
    const stop = make("button", { type: "button", class: "button button-small", value: "", id: "stop-using" }, "この帳票を使うのをやめる");
    this.#history.replaceChildren(make("h3", {}, "公開の履歴"), table, ...(inUse === null ? [] : [make("p", {}, stop)]));
  }
}
