// @ts-check
/**
 * A form that is being defined: its fields, what is selected, undo, and saving as one goes.
 *
 * @typedef {[number, number, number, number]} Box Left, top, width, height in millimetres.
 * @typedef {{ value: string, box: Box }} Choice
 * @typedef {{ key: string, label: string, type: string, box: Box, cells?: number | null, column?: string | null,
 *   required?: boolean, sensitive?: boolean, multiple?: boolean, choice?: Choice[], pattern?: string | null,
 *   lexicon?: { file: string, column: string } | null }} Field
 * @typedef {{ kind: string } & Record<string, any>} Rule
 * @typedef {{ name: string, check: string, blank: { width_mm: number, height_mm: number }, field: Field[],
 *   rule?: Rule[] } & Record<string, any>} Definition
 * @typedef {{ field: number | null, sentence: string }} Fault
 * @typedef {{ box: Box, type: string, label: string | null, cells: number | null, choice: Choice[] }} Suggestion
 * @typedef {{ id: string, version: number, in_use: number | null, published: number, definition: Definition,
 *   faults: Fault[] }} Body
 */

import { Refused, call } from "../api.js";
import { renameInRules, withoutField } from "./rules.js";

/** Quiet time after a change before it is saved, milliseconds. */
const PAUSE = 700;
/** Steps that can be undone. */
const STEPS = 100;
/** Smallest box, millimetres. */
export const LEAST = 1.5;

/** The fields that begin with each type. @type {Record<string, string>} */
const KEYS = {
  number: "number", amount: "amount", wareki_date: "date", kana: "kana", name: "name", address: "address",
  postal_code: "postal_code", phone: "phone", account: "account", individual_number: "my_number",
  corporate_number: "corporate_number", check: "check", circle: "circle", free_text: "text",
};

export class Draft extends EventTarget {
  /** @type {Body | null} */
  body = null;
  /** @type {Suggestion[]} */
  suggestions = [];
  /** The selected field; -1: none. */
  at = -1;
  /** The selected choice of it; -1: the field itself. */
  choice = -1;
  /** @type {"saved" | "waiting" | "saving" | "trouble"} */
  standing = "saved";
  /** @type {string[]} */
  #past = [];
  /** @type {string[]} */
  #future = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {Promise<void>} */
  #saving = Promise.resolve();

  /** @param {string} id */
  constructor(id) {
    super();
    this.path = `/v1/office-forms/${id}`;
  }

  get definition() {
    if (!this.body) throw new Error("nothing is loaded yet");
    return this.body.definition;
  }

  get fields() {
    return this.body?.definition.field ?? [];
  }

  /** The selected field. */
  get field() {
    return this.fields[this.at] ?? null;
  }

  /** The box that is selected. @returns {Box | null} */
  get box() {
    const { field } = this;
    if (!field) return null;
    return this.choice < 0 ? field.box : (field.choice?.[this.choice]?.box ?? null);
  }

  async load() {
    const response = await call("GET", this.path);
    this.body = await response.json();
    this.#tell();
  }

  async loadSuggestions() {
    const response = await call("GET", `${this.path}/suggestions`, { isBackground: true });
    this.suggestions = await response.json();
    this.#tell();
  }

  /** Suggestions that no field lies on. */
  get open() {
    return this.suggestions.filter((one) => !this.fields.some((field) => isSame(field.box, one.box)));
  }

  /** @param {number} at @param {number} [choice] */
  select(at, choice = -1) {
    if (this.at === at && this.choice === choice) return;
    this.at = at;
    this.choice = choice;
    this.#tell();
  }

  /** Changes the definition. @param {(definition: Definition) => void} how */
  change(how) {
    if (!this.body) return;
    const before = JSON.stringify(this.definition);
    how(this.definition);
    if (JSON.stringify(this.definition) === before) return;
    this.#past.push(before);
    if (this.#past.length > STEPS) this.#past.shift();
    this.#future = [];
    this.#changed();
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  undo() {
    this.#step(this.#past, this.#future);
  }

  redo() {
    this.#step(this.#future, this.#past);
  }

  /** @param {string[]} from @param {string[]} to */
  #step(from, to) {
    const step = from.pop();
    if (step === undefined || !this.body) return;
    to.push(JSON.stringify(this.definition));
    this.body.definition = JSON.parse(step);
    this.at = Math.min(this.at, this.fields.length - 1);
    this.choice = -1;
    this.#changed();
  }

  #changed() {
    this.standing = "waiting";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.save(), PAUSE);
    this.#tell();
  }

  /** Saves what is not saved; afterwards everything is, or `standing` is `trouble`. @returns {Promise<void>} */
  save() {
    clearTimeout(this.#timer);
    this.#saving = this.#saving.then(() => this.#send());
    return this.#saving;
  }

  async #send() {
    if (!this.body || this.standing === "saved") return;
    const sent = JSON.stringify(this.definition);
    this.standing = "saving";
    this.#tell();
    try {
      const definition = JSON.parse(sent);
      const response = await call("PUT", this.path, { body: { definition }, version: this.body.version });
      /** @type {Body} */
      const saved = await response.json();
      const isSame = JSON.stringify(this.definition) === sent;
      this.body = { ...saved, definition: this.definition };
      this.standing = isSame ? "saved" : "waiting";
    } catch (error) {
      this.standing = "trouble";
      this.dispatchEvent(new CustomEvent("refused", { detail: error instanceof Refused ? error : null }));
    }
    this.#tell();
  }

  /** Adds a field and selects it. @param {Partial<Field> & { box: Box, type: string }} field */
  add(field) {
    this.change((definition) => definition.field.push(this.#named(field)));
    this.select(this.fields.length - 1);
  }

  /** Takes suggestions as fields. @param {Suggestion[]} suggestions */
  take(suggestions) {
    this.change((definition) => {
      for (const { label, ...rest } of suggestions) {
        const named = this.#named({ ...rest, ...(label ? { label } : {}) });
        definition.field.push(named);
      }
    });
    this.select(this.fields.length - suggestions.length);
  }

  /** @param {Partial<Field> & { box: Box, type: string }} field @returns {Field} */
  #named(field) {
    const label = field.label ?? `欄${this.fields.length + 1}`;
    /** @type {Field} */
    const named = {
      ...field,
      key: unused(KEYS[field.type] ?? "field", this.fields.map((other) => other.key)),
      label,
      column: unused(label, this.fields.map((other) => other.column ?? other.key)),
    };
    if (field.type === "individual_number") named.sensitive = true;
    return named;
  }

  /** Changes the selected field. @param {(field: Field) => void} how */
  alter(how) {
    const { at } = this;
    this.change((definition) => {
      const field = definition.field[at];
      if (!field) return;
      const before = field.key;
      how(field);
      if (field.key !== before) renameInRules(definition, before, field.key);
    });
  }

  /** Moves or resizes the selected box, inside the page. @param {Box} box */
  place(box) {
    const { width_mm, height_mm } = this.definition.blank;
    const placed = inside(box, [0, 0, width_mm, height_mm]);
    this.alter((field) => {
      if (this.choice >= 0) {
        const chosen = field.choice?.[this.choice];
        if (chosen) chosen.box = placed;
        field.box = around([field.box, ...(field.choice ?? []).map((one) => one.box)]);
        return;
      }
      const [dx, dy] = [placed[0] - field.box[0], placed[1] - field.box[1]];
      const isMoved = Math.abs(placed[2] - field.box[2]) < 0.01 && Math.abs(placed[3] - field.box[3]) < 0.01;
      field.box = placed;
      // Choices go along with their field.
      if (isMoved) for (const one of field.choice ?? []) one.box = rounded([one.box[0] + dx, one.box[1] + dy, one.box[2], one.box[3]]);
    });
  }

  /** Removes what is selected. */
  remove() {
    const { at, choice } = this;
    if (at < 0) return;
    this.change((definition) => {
      if (choice >= 0) definition.field[at]?.choice?.splice(choice, 1);
      else withoutField(definition, at);
    });
    this.choice = -1;
    this.at = Math.min(at, this.fields.length - 1);
    this.#tell();
  }

  /** Another place in the order of the file's columns. @param {number} by */
  reorder(by) {
    const to = this.at + by;
    if (this.at < 0 || to < 0 || to >= this.fields.length) return;
    this.change(({ field }) => {
      const [moved] = field.splice(this.at, 1);
      if (moved) field.splice(to, 0, moved);
    });
    this.select(to, this.choice);
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {string} wanted @param {string[]} taken */
function unused(wanted, taken) {
  if (!taken.includes(wanted)) return wanted;
  let number = 2;
  while (taken.includes(`${wanted}_${number}`)) number += 1;
  return `${wanted}_${number}`;
}

/** To a tenth of a millimetre. @param {Box} box @returns {Box} */
export function rounded([x, y, w, h]) {
  const tenth = (/** @type {number} */ value) => Math.round(value * 10) / 10;
  return [tenth(x), tenth(y), tenth(w), tenth(h)];
}

/** @param {Box} box @param {Box} page @returns {Box} */
function inside([x, y, w, h], [, , width, height]) {
  const [wide, high] = [Math.min(Math.max(w, LEAST), width), Math.min(Math.max(h, LEAST), height)];
  return rounded([Math.min(Math.max(x, 0), width - wide), Math.min(Math.max(y, 0), height - high), wide, high]);
}

/** @param {Box[]} boxes @returns {Box} */
function around(boxes) {
  const left = Math.min(...boxes.map((box) => box[0]));
  const top = Math.min(...boxes.map((box) => box[1]));
  const right = Math.max(...boxes.map((box) => box[0] + box[2]));
  const bottom = Math.max(...boxes.map((box) => box[1] + box[3]));
  return rounded([left, top, right - left, bottom - top]);
}

/** Whether two boxes share more than half of the smaller. @param {Box} a @param {Box} b */
function isSame(a, b) {
  const w = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const h = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  return w > 0 && h > 0 && w * h > 0.5 * Math.min(a[2] * a[3], b[2] * b[3]);
}
