// @ts-check
/** The list of the fields and what is set about the selected one. */

import { make } from "../review/view.js";
import { ruleOf, setRule } from "./rules.js";

/**
 * @typedef {import("./draft.js").Draft} Draft
 * @typedef {import("./draft.js").Field} Field
 * @typedef {import("./draft.js").Box} Box
 */

/** @type {[string, string][]} */
export const TYPES = [
  ["name", "氏名"], ["kana", "カナ"], ["address", "住所"], ["postal_code", "郵便番号"], ["phone", "電話番号"],
  ["wareki_date", "和暦の日付"], ["number", "数字"], ["amount", "金額"], ["account", "口座番号"],
  ["individual_number", "個人番号"], ["corporate_number", "法人番号"], ["check", "チェック(□に印)"],
  ["circle", "丸で囲む"], ["free_text", "自由に書く文字"],
];
const EDGES = ["左", "上", "幅", "高さ"];

/** @param {string} id @param {string} name @param {HTMLElement} control @param {string} [look] */
function labelled(id, name, control, look = "") {
  control.id = id;
  return make("div", { class: `field ${look}` }, make("label", { for: id }, name), control);
}

/** @param {string} type @param {string} value @param {Record<string, string>} [more] */
function input(type, value, more = {}) {
  return make("input", { type, value, autocomplete: "off", ...more });
}

export class Fields {
  list = make("ol", { class: "form-fields", "aria-label": "欄の一覧" });
  panel = make("div", { class: "form-panel" });
  element = make("section", { class: "form-side", "aria-label": "欄" }, this.list, this.panel);
  /** What the panel shows: it is not made anew while somebody types in it. */
  #shown = "";

  /** @param {Draft} draft @param {Map<string, string[]>} masters @param {() => void} onSelect */
  constructor(draft, masters, onSelect) {
    this.draft = draft;
    this.masters = masters;
    this.list.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      if (!button) return;
      draft.select(Number(button.value));
      onSelect();
    });
    this.panel.addEventListener("change", (event) => this.#onChange(event));
    this.panel.addEventListener("click", (event) => this.#onClick(event));
  }

  show() {
    const { draft } = this;
    const { fields } = draft;
    const faulty = new Set(draft.body?.faults.map((fault) => fault.field));
    const focused = this.list.contains(document.activeElement);
    this.list.replaceChildren(
      ...fields.map((field, at) => {
        const mark = faulty.has(at) ? make("span", { class: "mark" }, "▲", make("span", { class: "unseen" }, "誤りあり")) : make("span", { class: "mark" });
        const type = TYPES.find(([type]) => type === field.type)?.[1] ?? field.type;
        const button = make("button", { type: "button", value: String(at) }, mark, `${at + 1}. ${field.label}`, make("span", { class: "note" }, type));
        if (at === draft.at) button.setAttribute("aria-current", "true");
        return make("li", {}, button);
      }),
    );
    const current = this.list.querySelector("[aria-current]");
    if (focused && current instanceof HTMLElement) current.focus();
    current?.scrollIntoView({ block: "nearest" });
    this.#showPanel();
  }

  /** Goes to the first setting of the selected field. */
  enter() {
    const label = this.panel.querySelector("#field-label");
    if (label instanceof HTMLInputElement) {
      label.focus();
      label.select();
    }
  }

  #showPanel() {
    const { draft } = this;
    const { field } = draft;
    const faults = (draft.body?.faults ?? []).filter((fault) => fault.field === draft.at && draft.at >= 0);
    const now = JSON.stringify([draft.at, draft.choice, field, faults, draft.definition.rule ?? []]);
    if (now === this.#shown) return;
    this.#shown = now;
    const focused = this.panel.contains(document.activeElement) ? document.activeElement?.id : "";
    if (!field) {
      this.panel.replaceChildren(make("p", { class: "empty" }, draft.fields.length ? "枠か欄を選ぶと、ここで設定できます。" : "用紙の上で枠を引くか、「枠の案をすべて使う」を選んでください。"));
      return;
    }
    const notes = faults.map((fault) => make("p", { class: "notice notice-error" }, fault.sentence));
    this.panel.replaceChildren(...notes, ...this.#basics(field), this.#place(field), ...this.#details(field), this.#acts());
    if (focused) document.getElementById(focused)?.focus();
  }

  /** @param {Field} field */
  #basics(field) {
    const type = make("select", {}, ...TYPES.map(([value, name]) => make("option", value === field.type ? { value, selected: "" } : { value }, name)));
    return [
      make("div", { class: "form-row" }, labelled("field-label", "欄の名前", input("text", field.label, { maxlength: "255" })), labelled("field-type", "種類", type)),
      make(
        "div",
        { class: "form-row" },
        labelled("field-column", "出力の列名", input("text", field.column ?? field.key, { maxlength: "255" })),
        labelled("field-key", "データの名前(英小文字)", input("text", field.key, { maxlength: "60", pattern: "[a-z][a-z0-9_]*" })),
      ),
    ];
  }

  /** @param {Field} field */
  #place(field) {
    const { choice } = this.draft;
    const box = this.draft.box ?? field.box;
    const name = choice < 0 ? "枠の位置(ミリ)" : `選択肢「${field.choice?.[choice]?.value ?? ""}」の位置(ミリ)`;
    const edges = EDGES.map((edge, at) => labelled(`box-${at}`, edge, input("number", String(box[at]), { step: "0.1", min: "0" })));
    return make("fieldset", {}, make("legend", {}, name), make("div", { class: "form-four" }, ...edges));
  }

  /** @param {Field} field */
  #details(field) {
    const isChosen = field.type === "check" || field.type === "circle";
    /** @type {HTMLElement[]} */
    const ticks = [tick("field-required", "空欄なら要確認にする", field.required)];
    if (field.type === "check") ticks.push(tick("field-multiple", "いくつも選べる", field.multiple));
    if (!isChosen) ticks.push(tick("field-sensitive", "個人番号などと同じく伏せる", field.sensitive));
    if (field.type === "wareki_date") ticks.push(tick("rule-date", "実在する日付か調べる", Boolean(this.#rule("date"))));
    /** @type {HTMLElement[]} */
    const parts = [make("div", { class: "form-ticks" }, ...ticks)];
    if (isChosen) parts.push(this.#choices(field));
    else parts.push(...this.#letters(field));
    return parts;
  }

  /** @param {Field} field */
  #letters(field) {
    /** @type {HTMLElement[]} */
    const row = [labelled("field-cells", "一文字ずつの枠の数", input("number", field.cells ? String(field.cells) : "", { min: "0", max: "60" }))];
    /** @type {HTMLElement[]} */
    const more = [];
    if (field.type === "number" || field.type === "amount") {
      const range = this.#rule("range");
      row.push(labelled("rule-least", "これより小さければ要確認", input("number", String(range?.["least"] ?? ""))), labelled("rule-most", "これより大きければ要確認", input("number", String(range?.["most"] ?? ""))));
      const sum = String(this.#rule("sum")?.["is"] ?? "");
      more.push(labelled("rule-sum", "検算(データの名前で。例 a + b - c)", input("text", sum.split("=")[1]?.trim() ?? "")));
    }
    if (field.type === "kana") {
      const names = this.draft.fields.filter((other) => other.type === "name");
      const chosen = this.#rule("kana")?.["name"];
      const options = names.map((other) => make("option", other.key === chosen ? { value: other.key, selected: "" } : { value: other.key }, other.label));
      row.push(labelled("rule-kana", "読みを照らし合わせる氏名", make("select", {}, make("option", { value: "" }, "しない"), ...options)));
    }
    if (this.masters.size) {
      const chosen = field.lexicon ? `${field.lexicon.file}\n${field.lexicon.column}` : "";
      const options = [...this.masters].flatMap(([file, columns]) =>
        columns.map((column) => {
          const value = `${file}\n${column}`;
          return make("option", value === chosen ? { value, selected: "" } : { value }, `${file} の ${column}`);
        }),
      );
      more.push(labelled("field-lexicon", "書かれるはずの値の一覧(マスタ)", make("select", {}, make("option", { value: "" }, "使わない"), ...options)));
    }
    return [make("div", { class: "form-row" }, ...row), ...more];
  }

  /** @param {Field} field */
  #choices(field) {
    const rows = (field.choice ?? []).map((choice, at) =>
      make(
        "li",
        at === this.draft.choice ? { "data-current": "" } : {},
        input("text", choice.value, { id: `choice-${at}`, "aria-label": `選択肢 ${at + 1} の値` }),
        make("button", { type: "button", class: "button button-small", value: String(at), "data-do": "choose" }, "枠を選ぶ"),
        make("button", { type: "button", class: "button button-small", value: String(at), "data-do": "drop", "aria-label": `選択肢「${choice.value}」を消す` }, "消す"),
      ),
    );
    const add = make("button", { type: "button", class: "button button-small", "data-do": "add-choice" }, "選択肢を加える");
    return make("fieldset", {}, make("legend", {}, "選択肢(値は出力される文字)"), make("ul", { class: "form-choices" }, ...rows), add);
  }

  #acts() {
    return make(
      "p",
      { class: "form-acts" },
      make("button", { type: "button", class: "button button-small", "data-do": "up" }, "前の列へ"),
      make("button", { type: "button", class: "button button-small", "data-do": "down" }, "後の列へ"),
      make("button", { type: "button", class: "button button-small", "data-do": "remove", id: "remove-field" }, this.draft.choice < 0 ? "この欄を消す" : "この選択肢を消す", make("kbd", {}, "Delete")),
    );
  }

  /** @param {string} kind */
  #rule(kind) {
    return ruleOf(this.draft.definition, kind, this.draft.field?.key ?? "");
  }

  /** @param {Event} event */
  #onChange(event) {
    const { target } = event;
    if (!(target instanceof HTMLInputElement || target instanceof HTMLSelectElement)) return;
    const { draft } = this;
    const { field } = draft;
    if (!field) return;
    const value = target.value.trim();
    const isOn = target instanceof HTMLInputElement && target.checked;
    const [kind, name = ""] = target.id.split("-");
    if (kind === "box") {
      const box = /** @type {Box} */ ([...(draft.box ?? field.box)]);
      const number = Number(value);
      if (value !== "" && Number.isFinite(number)) box[Number(name)] = number;
      draft.place(box);
      this.#shown = "";
      this.#showPanel();
    } else if (kind === "choice") {
      draft.alter((changed) => {
        const choice = changed.choice?.[Number(name)];
        if (choice) choice.value = value;
      });
    } else if (kind === "rule") this.#setRule(name, field.key, value, isOn);
    else draft.alter((changed) => set(changed, name, value, isOn));
  }

  /** @param {string} name @param {string} key @param {string} value @param {boolean} isOn */
  #setRule(name, key, value, isOn) {
    this.draft.change((definition) => {
      if (name === "date") setRule(definition, "date", key, isOn ? { kind: "date", date: [key] } : null);
      if (name === "kana") setRule(definition, "kana", key, value ? { kind: "kana", field: key, name: value } : null);
      if (name === "sum") setRule(definition, "sum", key, value ? { kind: "sum", is: `${key} = ${value}` } : null);
      if (name === "least" || name === "most") {
        /** @type {import("./draft.js").Rule} */
        const range = { kind: "range", field: key, ...ruleOf(definition, "range", key), [name]: value === "" ? undefined : Math.trunc(Number(value)) };
        const isEmpty = range["least"] === undefined && range["most"] === undefined;
        setRule(definition, "range", key, isEmpty ? null : range);
      }
    });
  }

  /** @param {Event} event */
  #onClick(event) {
    const button = event.target instanceof Element ? event.target.closest("button[data-do]") : null;
    if (!(button instanceof HTMLButtonElement)) return;
    const { draft } = this;
    const at = Number(button.value);
    switch (button.getAttribute("data-do")) {
      case "up":
        return draft.reorder(-1);
      case "down":
        return draft.reorder(1);
      case "remove":
        return draft.remove();
      case "choose":
        return draft.select(draft.at, at);
      case "drop":
        draft.select(draft.at, at);
        return draft.remove();
      case "add-choice":
        return this.#addChoice();
    }
  }

  #addChoice() {
    const { draft } = this;
    draft.alter((field) => {
      const last = field.choice?.at(-1)?.box;
      const [x, y, , h] = field.box;
      /** @type {Box} */
      const box = last ? [last[0] + last[2] + 1, last[1], last[2], last[3]] : [x + 0.5, y + 0.5, Math.min(5, h), Math.max(1.5, h - 1)];
      (field.choice ??= []).push({ value: `選択肢${(field.choice?.length ?? 0) + 1}`, box });
    });
    draft.select(draft.at, (draft.field?.choice?.length ?? 0) - 1);
    const { box } = draft;
    if (box) draft.place(box);
  }
}

/** @param {string} id @param {string} name @param {boolean | undefined} isOn */
function tick(id, name, isOn) {
  const box = make("input", isOn ? { type: "checkbox", id, checked: "" } : { type: "checkbox", id });
  return make("label", { class: "tick" }, box, name);
}

/** @param {Field} field @param {string} name @param {string} value @param {boolean} isOn */
function set(field, name, value, isOn) {
  if (name === "label") {
    // The column follows the name until somebody gives it one of its own.
    if (!field.column || field.column === field.label) field.column = value;
    field.label = value;
  } else if (name === "type") {
    field.type = value;
    if (value === "individual_number") field.sensitive = true;
    if (value === "check" || value === "circle") field.cells = null;
    else delete field.choice;
    if (value !== "check") delete field.multiple;
  } else if (name === "column") field.column = value || null;
  else if (name === "key") field.key = value;
  else if (name === "cells") field.cells = Number(value) > 0 ? Math.trunc(Number(value)) : null;
  else if (name === "required" || name === "sensitive" || name === "multiple") field[name] = isOn;
  else if (name === "lexicon") {
    const [file, column] = value.split("\n");
    field.lexicon = file && column ? { file, column } : null;
  }
}
