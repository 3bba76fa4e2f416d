// @ts-check
/**
 * One person's work on the sheets of a job: what is shown, and what is on its way to the server.
 *
 * A decision is shown at once and sent in order behind the ones before; each names the version that the one before
 * left. When one is refused, nothing behind it is sent, the sheet is read anew, and what was typed is kept.
 *
 * @typedef {"accept" | "correct" | "hold" | "unreadable"} Kind
 * @typedef {{ kind: Kind, text?: string }} Decision
 * @typedef {{ key: string, label: string, open: boolean, masked: boolean, read?: string,
 *   state?: "sure" | "check" | "unreadable", reasons: string[], explanations: string[], candidates: string[],
 *   decision?: Decision, written?: string[], value?: string, revealed?: boolean }} Field
 * @typedef {{ job_id: string, page: number, form: string, form_name?: string, version: number,
 *   task: "check" | "first" | "second" | "decide" | "done", blind: boolean, fields: Field[] }} Sheet
 * @typedef {{ sheets_total: number, sheets_done: number, fields_open: number,
 *   sheets: { page: number, task: string, fields_open: number, locked_by?: "me" | "other" }[] }} Progress
 */

import { call, Refused } from "../api.js";

/** Events: `change` (something to be shown has changed), `refused` (with `detail`: the [Refused]). */
export class Review extends EventTarget {
  /** @type {Sheet | null} */
  sheet = null;
  /** @type {Progress | null} */
  progress = null;
  /** Keys of the fields that are to be looked at on this sheet. @type {string[]} */
  keys = [];
  /** Place of the field that is shown; `keys.length`: the end of the sheet. */
  at = 0;
  /** What was typed and could not be saved, by key. @type {Map<string, string>} */
  drafts = new Map();
  /** Decisions on their way. */
  waiting = 0;

  /** @type {Promise<void>} */
  #last = Promise.resolve();
  /** Takes back what is shown and not saved yet, in order. @type {(() => void)[]} */
  #unsaved = [];
  /** Grows when what waits must not be sent any more. */
  #generation = 0;

  /** @param {string} job */
  constructor(job) {
    super();
    this.job = job;
  }

  /** The field that is shown. @returns {Field | undefined} */
  get field() {
    const key = this.keys[this.at];
    return this.sheet?.fields.find((field) => field.key === key);
  }

  /** Fields of this sheet that are not decided. */
  get left() {
    return this.#shownFields().filter((field) => field.open).length;
  }

  /** Fields that were put off. */
  get held() {
    return this.#shownFields().filter((field) => field.open && field.decision?.kind === "hold").length;
  }

  #shownFields() {
    return this.sheet?.fields.filter((field) => this.keys.includes(field.key)) ?? [];
  }

  /** Takes the next sheet; `false` when there is none for me. */
  async next() {
    const answer = await call("POST", this.#path("next"));
    void this.#count();
    if (answer.status === 204) {
      this.sheet = null;
      this.keys = [];
      this.#changed();
      return false;
    }
    this.#take(await answer.json());
    this.keys = this.#shownKeys();
    this.drafts.clear();
    this.at = this.#firstOpen();
    this.#changed();
    return true;
  }

  /** Takes one sheet and goes to one field of it; what was finished is opened again. @param {number} page @param {string} key */
  async open(page, key) {
    void this.#count();
    /** @type {Sheet} */
    let sheet = await (await call("GET", this.#path(`sheets/${page}`))).json();
    if (sheet.task === "done") {
      const again = await call("POST", this.#path(`sheets/${page}/reopen`), { version: sheet.version });
      sheet = await again.json();
    }
    this.#take(sheet);
    const shown = this.#shownKeys();
    // In the form's order, also where it was not to be looked at.
    this.keys = sheet.fields.map((field) => field.key).filter((one) => one === key || shown.includes(one));
    this.drafts.clear();
    this.at = Math.max(0, this.keys.indexOf(key));
    this.#changed();
    return true;
  }

  /** A sheet that is not mine yet, to have its pictures ready. @returns {Promise<Sheet | null>} */
  async peek() {
    const next = this.progress?.sheets.find(
      (sheet) => sheet.task !== "done" && sheet.page !== this.sheet?.page && sheet.locked_by !== "other",
    );
    if (!next) return null;
    const answer = await call("GET", this.#path(`sheets/${next.page}`));
    return answer.json();
  }

  /** Decides about the shown field and goes on to the next. @param {Decision} decision */
  decide(decision) {
    const field = this.field;
    const sheet = this.sheet;
    if (!field || !sheet) return;
    const { key } = field;
    const { open, value } = field;
    const before = field.decision;
    /** As it was, where the decision could not be saved. */
    const revert = () => {
      field.open = open;
      if (before) field.decision = before;
      else delete field.decision;
      if (value !== undefined) field.value = value;
    };
    field.decision = decision;
    field.open = decision.kind === "hold";
    if (decision.kind === "accept" && field.read !== undefined) field.value = field.read;
    if (decision.kind === "correct" && !field.masked) field.value = decision.text ?? "";
    if (decision.kind === "unreadable") field.value = "";
    this.drafts.delete(key);
    this.at = this.following;
    this.#changed();
    this.#send(sheet.page, key, async () => {
      const path = this.#path(`sheets/${sheet.page}/fields/${key}`);
      return call("PUT", path, { body: decision, version: this.sheet?.version ?? sheet.version });
    }, decision.text, revert);
  }

  /** Takes back what I decided last, and goes there. */
  undo() {
    const sheet = this.sheet;
    if (!sheet) return;
    this.#send(sheet.page, null, async () => {
      const before = new Map(this.sheet?.fields.map((field) => [field.key, JSON.stringify(field.decision)]));
      const version = this.sheet?.version ?? sheet.version;
      const answer = await call("POST", this.#path(`sheets/${sheet.page}/undo`), { body: {}, version });
      /** @type {Sheet} */
      const after = await answer.clone().json();
      const back = after.fields.find((field) => JSON.stringify(field.decision) !== before.get(field.key));
      const place = back ? this.keys.indexOf(back.key) : -1;
      if (place >= 0) this.at = place;
      return answer;
    });
  }

  /** Finishes the sheet and takes the next one. `false`: none is left. */
  async finish() {
    await this.#last;
    const sheet = this.sheet;
    if (!sheet) return false;
    await call("POST", this.#path(`sheets/${sheet.page}/finish`), { version: sheet.version });
    return this.next();
  }

  /** Gives the sheet back as it is. */
  async release() {
    await this.#last;
    if (!this.sheet) return;
    await call("POST", this.#path(`sheets/${this.sheet.page}/release`));
  }

  /** Hides what was revealed, but of one field; keys of those hidden now. @param {string | undefined} key @returns {string[]} */
  hideAllBut(key) {
    const seen = this.sheet?.fields.filter((field) => field.revealed && field.key !== key) ?? [];
    for (const field of seen) {
      delete field.read;
      delete field.value;
      Object.assign(field, { masked: true, revealed: false, candidates: [], explanations: [], written: [] });
    }
    return seen.map((field) => field.key);
  }

  /** A masked value, for a reason. @param {string} reason */
  async reveal(reason) {
    const { field, sheet } = this;
    if (!field || !sheet) return;
    await this.#last;
    const path = this.#path(`sheets/${sheet.page}/fields/${field.key}/reveal`);
    const seen = await (await call("POST", path, { body: { reason } })).json();
    // The sheet may have been brought up to date meanwhile: the same field is another object then.
    const now = this.sheet?.page === sheet.page ? this.sheet.fields.find((one) => one.key === field.key) : undefined;
    if (now) Object.assign(now, seen, { open: now.open, masked: false, revealed: true });
    this.#changed();
  }

  /** @param {number} place */
  goTo(place) {
    this.at = Math.max(0, Math.min(place, this.keys.length));
    this.#changed();
  }

  /** Waits until everything was sent, or refused. */
  async settled() {
    await this.#last;
  }

  /**
   * @param {number} page @param {string | null} key @param {() => Promise<Response>} request
   * @param {string} [typed] @param {() => void} [revert]
   */
  #send(page, key, request, typed, revert = () => undefined) {
    const generation = this.#generation;
    this.waiting += 1;
    this.#unsaved.push(revert);
    this.#last = this.#last.then(async () => {
      try {
        if (generation !== this.#generation || this.sheet?.page !== page) return;
        const answer = await request();
        this.#unsaved.shift();
        this.#confirm(await answer.json());
      } catch (error) {
        this.#generation += 1;
        // Nothing is shown as decided that is not kept: neither this one nor those behind it.
        for (const undo of this.#unsaved.splice(0).reverse()) undo();
        if (key && typed !== undefined) this.drafts.set(key, typed);
        await this.#recover(page, key);
        const detail = error instanceof Refused ? error : null;
        this.dispatchEvent(new CustomEvent("refused", { detail }));
      } finally {
        this.waiting -= 1;
        this.#changed();
      }
    });
  }

  /** What the server says now; what is still on its way stays as it is shown. @param {Sheet} sheet */
  #confirm(sheet) {
    if (this.waiting > 1 && this.sheet) this.sheet.version = sheet.version;
    else this.#take(sheet);
  }

  /** Reads the sheet anew and goes to the field that was refused. @param {number} page @param {string | null} key */
  async #recover(page, key) {
    try {
      const answer = await call("GET", this.#path(`sheets/${page}`));
      this.#take(await answer.json());
    } catch {
      // What is shown stays; the next decision is refused until the server answers.
    }
    const place = key ? this.keys.indexOf(key) : -1;
    if (place >= 0) this.at = place;
  }

  /** @param {Sheet} sheet */
  #take(sheet) {
    const seen = new Map(this.sheet?.fields.map((field) => [field.key, field]));
    const isSame = this.sheet?.page === sheet.page;
    this.sheet = sheet;
    if (!isSame) return;
    // What was revealed for a reason stays to be seen until the field is left.
    for (const field of sheet.fields) {
      const before = seen.get(field.key);
      if (field.masked && before && !before.masked) {
        Object.assign(field, { ...before, decision: field.decision, open: field.open });
      }
    }
  }

  async #count() {
    try {
      this.progress = await (await call("GET", this.#path(""))).json();
      this.#changed();
    } catch {
      // The count is for the head of the page alone.
    }
  }

  #shownKeys() {
    const shown = this.sheet?.fields.filter((field) => field.open || field.decision) ?? [];
    return shown.map((field) => field.key);
  }

  /** @param {number} place */
  #isOpen(place) {
    const field = this.sheet?.fields.find((field) => field.key === this.keys[place]);
    return field?.open === true && field.decision?.kind !== "hold";
  }

  #firstOpen() {
    const place = this.keys.findIndex((_, place) => this.#isOpen(place));
    return place < 0 ? this.keys.length : place;
  }

  /** Place of the next open field behind the shown one, else of the first one before it, else the end. */
  get following() {
    for (let place = this.at + 1; place < this.keys.length; place += 1) {
      if (this.#isOpen(place)) return place;
    }
    return this.#firstOpen();
  }

  /** @param {string} rest */
  #path(rest) {
    return `/v1/jobs/${this.job}/review${rest && `/${rest}`}`;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
