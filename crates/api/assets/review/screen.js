// @ts-check
/** `<shoki-review job name>`: 確認画面, by keyboard alone. */

import { Refused, say } from "../api.js";
import { isActive, isConverting, isText } from "../keys.js";
import { askReason } from "../reason.js";
import { Review } from "./model.js";
import { Pictures } from "./pictures.js";
import * as view from "./view.js";

const SVG = "http://www.w3.org/2000/svg";

export class ReviewElement extends HTMLElement {
  /** @type {Review} */
  #review = new Review("");
  #pictures = new Pictures("");
  /** What is being typed; `null`: nothing. @type {string | null} */
  #typed = null;
  /** What stood in the box when it was opened. @type {string | null} */
  #begun = null;
  /** What is shown: page and key. */
  #shown = "";
  #parts = {
    head: view.make("div", { class: "check-head" }),
    saved: view.make("span", { class: "saved", id: "saved" }),
    trouble: view.make("div", { role: "alert" }),
    fields: view.make("ol", { class: "fields", "aria-label": "この用紙の欄" }),
    at: view.make("section", { class: "at", "data-at": "", tabindex: "-1", "aria-labelledby": "at-label at-state value at-why" }),
    sheet: view.make("section", { class: "sheet", tabindex: "0", "aria-label": "用紙全体の画像" }),
  };

  connectedCallback() {
    const job = this.getAttribute("job") ?? "";
    this.#review = new Review(job);
    this.#pictures = new Pictures(job);
    const { head, trouble, fields, at, sheet } = this.#parts;
    this.replaceChildren(head, trouble, view.make("div", { class: "check" }, fields, at, sheet));
    this.#review.addEventListener("change", () => this.#show());
    this.#review.addEventListener("refused", (event) => {
      this.#complain(event instanceof CustomEvent ? event.detail : null);
      this.#move();
    });
    this.addEventListener("click", (event) => this.#onClick(event));
    this.addEventListener("input", () => this.#onInput());
    document.addEventListener("keydown", this.#onKey);
    void this.#next(() => this.#first());
  }

  /** The field that the address names (`?page=&field=`), or the next sheet for me. */
  #first() {
    const asked = new URLSearchParams(location.search);
    const [page, field] = [Number(asked.get("page")), asked.get("field")];
    return page && field ? this.#review.open(page, field) : this.#review.next();
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#onKey);
  }

  /** @param {() => Promise<boolean>} step */
  async #next(step) {
    try {
      await step();
      this.#parts.trouble.replaceChildren();
      this.#move();
      void this.#prepareNext();
    } catch (error) {
      this.#complain(error instanceof Refused ? error : null);
    }
  }

  /** Has the pictures of the sheet after this one ready. */
  async #prepareNext() {
    const { sheet } = this.#review;
    try {
      const next = await this.#review.peek();
      this.#pictures.keepOnly([sheet?.page ?? 0, next?.page ?? 0]);
      if (next) this.#pictures.prepare(next.page, openKeys(next));
    } catch {
      // They are fetched when they are shown.
    }
  }

  /** Begins with the field that the model shows now. */
  #move() {
    const { field, sheet } = this.#review;
    // What was revealed was for that look only.
    const hidden = this.#review.hideAllBut(field?.key);
    if (sheet) for (const key of hidden) this.#pictures.forget(sheet.page, key);
    const draft = field ? this.#review.drafts.get(field.key) : undefined;
    const isTyped = field && !field.masked && view.proposal(field).isTyped;
    this.#typed = draft ?? (isTyped ? (field.decision?.text ?? "") : null);
    this.#begun = this.#typed;
    this.#shown = "";
    this.#show();
  }

  #show() {
    const { review, parts } = { review: this.#review, parts: this.#parts };
    parts.head.replaceChildren(...view.head(review, this.getAttribute("name") ?? ""));
    const isKept = review.drafts.size === 0;
    parts.saved.textContent = review.waiting ? "保存しています" : !isKept ? "保存できていません" : review.sheet ? "保存済み" : "";
    parts.saved.toggleAttribute("data-trouble", !isKept);
    parts.head.lastElementChild?.prepend(parts.saved);
    parts.fields.replaceChildren(...view.fields(review));
    const { field, sheet } = review;
    const stage = sheet ? (field?.key ?? `end ${review.left}`) : `done ${review.progress?.sheets_done}`;
    const now = `${sheet?.page}/${stage}/${this.#typed === null}/${field?.masked}`;
    if (now === this.#shown) return;
    const before = this.#shown;
    this.#shown = now;
    if (!sheet) parts.at.replaceChildren(review.progress ? view.done(review) : "");
    else if (!field) parts.at.replaceChildren(view.end(review));
    else parts.at.replaceChildren(...view.at(review, field, this.#typed));
    this.#focus();
    parts.fields.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
    if (sheet && field) void this.#showCrop(sheet.page, field);
    void this.#showSheet(before.split("/")[0] !== String(sheet?.page));
  }

  #focus() {
    const { at } = this.#parts;
    const typed = this.#typed === null ? null : at.querySelector("input#value");
    if (typed instanceof HTMLInputElement) {
      typed.focus();
      typed.select();
    } else if (!this.#review.field) {
      const primary = at.querySelector(".button-primary");
      if (primary instanceof HTMLElement) primary.focus();
    } else {
      at.focus({ preventScroll: true });
      at.scrollTop = 0;
    }
  }

  /** @param {number} page @param {import("./model.js").Field} field */
  async #showCrop(page, field) {
    const place = this.#parts.at.querySelector("[data-crop]");
    if (!(place instanceof HTMLElement)) return;
    if (field.masked) {
      place.replaceChildren(view.make("span", { class: "note" }, "伏せてあります"));
      return;
    }
    const url = await this.#pictures.crop(page, field.key);
    if (place.isConnected) view.showCrop(place, url, field.label);
  }

  /** The whole page with the place marked. @param {boolean} isOther */
  async #showSheet(isOther) {
    const { sheet, field } = this.#review;
    const place = this.#parts.sheet;
    if (!sheet) return place.replaceChildren();
    if (isOther) {
      place.replaceChildren(view.make("p", { class: "empty" }, "用紙の画像を読み込んでいます。"));
      this.#pictures.prepare(sheet.page, openKeys(sheet));
    }
    const [url, places] = await Promise.all([this.#pictures.page(sheet.page), this.#pictures.places(sheet.page)]);
    if (this.#review.sheet?.page !== sheet.page) return;
    if (!url) return place.replaceChildren(view.make("p", { class: "empty" }, "用紙全体の画像は表示できません。"));
    let image = place.querySelector("img");
    if (!image || image.getAttribute("src") !== url) {
      image = view.make("img", { src: url, alt: `${sheet.page} ページの画像` });
      place.replaceChildren(view.make("figure", {}, image));
      await image.decode().catch(() => undefined);
    }
    const quad = places?.fields.find((one) => one.key === field?.key)?.quad;
    mark(image, quad ?? null);
    if (quad) scrollTo(place, image, quad);
  }

  /** @param {Refused | null} refused */
  #complain(refused) {
    const words = refused?.sentence ?? "この画面で問題が起きました。読み込み直してください。入力した値は下に残っています。";
    this.#parts.trouble.replaceChildren(view.make("p", { class: "notice notice-error", id: "trouble" }, words));
  }

  #onInput() {
    const input = this.#parts.at.querySelector("input#value");
    if (!(input instanceof HTMLInputElement)) return;
    this.#typed = input.value;
    const exported = this.#parts.at.querySelector("#exported");
    if (exported) exported.textContent = input.value || "(空)";
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const target = event.target instanceof Element ? event.target.closest("[data-act], [data-place], [data-candidate]") : null;
    if (!(target instanceof HTMLElement)) return;
    const { act, place, candidate } = target.dataset;
    if (place) this.#goTo(Number(place));
    else if (candidate) this.#choose(Number(candidate));
    else if (act) {
      event.preventDefault();
      this.#act(act);
    }
  }

  /** @param {KeyboardEvent} event */
  #onKey = (event) => {
    if (isConverting(event) || document.querySelector("dialog[open]")) return;
    const act = this.#actOf(event);
    if (act === null) return;
    event.preventDefault();
    if (typeof act === "number") this.#choose(act);
    else this.#act(act);
  };

  /** @param {KeyboardEvent} event @returns {string | number | null} */
  #actOf(event) {
    const { target } = event;
    const isValue = target instanceof HTMLInputElement && target.id === "value";
    if (event.altKey && !event.ctrlKey && /^Digit[1-5]$/.test(event.code)) return Number(event.code.slice(-1)) - 1;
    if (event.altKey || event.metaKey) return null;
    if (event.key === "Enter" && event.ctrlKey) return "finish";
    if (event.key === "Enter" && event.shiftKey) return "back";
    if (event.key === "Enter" && isValue) return "correct";
    if (event.key === "Enter" && !isActive(target) && this.#review.field) return "accept";
    // In a box in which something was typed it is the box's own.
    const isOwn = isText(target) && !(isValue && this.#typed === this.#begun);
    if (event.key.toLowerCase() === "z" && event.ctrlKey && !isOwn) return "undo";
    if (event.ctrlKey) return null;
    if (event.key === "Escape" && this.#typed !== null) return "cancel";
    return { F2: "edit", F4: "reveal", F8: "hold", F9: "unreadable" }[event.key] ?? null;
  }

  /** @param {string} act */
  #act(act) {
    const { field } = this.#review;
    switch (act) {
      case "accept":
        if (!field) return;
        if (field.decision && !field.open) return this.#goTo(this.#review.following);
        if (field.masked || view.proposal(field).isTyped) return this.#edit();
        return this.#decide({ kind: "accept" });
      case "correct":
        return this.#decide({ kind: "correct", text: this.#typed ?? "" });
      case "hold":
        return this.#decide({ kind: "hold" });
      case "unreadable":
        return this.#decide({ kind: "unreadable" });
      case "edit":
        return this.#edit();
      case "cancel":
        this.#typed = null;
        return this.#show();
      case "back":
        return this.#goTo(this.#review.at - 1);
      case "first":
        return this.#goTo(Math.max(0, this.#review.keys.findIndex((key) => this.#isHeld(key))));
      case "undo":
        this.#review.undo();
        return void this.#review.settled().then(() => this.#move());
      case "finish":
        return this.#finish();
      case "reveal":
        return void this.#reveal();
      case "leave":
        return void this.#leave();
    }
  }

  /** @param {string} key */
  #isHeld(key) {
    return this.#review.sheet?.fields.find((field) => field.key === key)?.decision?.kind === "hold";
  }

  /** @param {import("./model.js").Decision} decision */
  #decide(decision) {
    if (!this.#review.field) return;
    this.#parts.trouble.replaceChildren();
    this.#typed = null;
    this.#review.decide(decision);
    this.#move();
  }

  #edit() {
    const { field } = this.#review;
    if (!field || this.#typed !== null) return;
    this.#typed = field.masked ? "" : view.proposal(field).text;
    this.#begun = this.#typed;
    this.#show();
  }

  /** @param {number} place */
  #goTo(place) {
    this.#review.goTo(place);
    this.#move();
  }

  /** @param {number} place */
  #choose(place) {
    const { field } = this.#review;
    const choices = field?.written?.length ? field.written : field?.candidates;
    const text = choices?.[place];
    if (!field || text === undefined) return;
    const isProposed = text === field.read && !view.proposal(field).isTyped;
    this.#decide(isProposed ? { kind: "accept" } : { kind: "correct", text });
  }

  #finish() {
    if (this.#review.sheet && this.#review.left > 0) {
      say(`決まっていない欄が ${this.#review.left} つあります。`);
      return this.#goTo(this.#review.keys.findIndex((key) => this.#review.sheet?.fields.some((one) => one.key === key && one.open)));
    }
    return void this.#next(() => this.#review.finish());
  }

  async #reveal() {
    const { sheet, field } = this.#review;
    if (!sheet || !field?.masked) return;
    const reason = await askReason("本人確認のため");
    // The sheet may have been brought up to date meanwhile: the same field is another object then.
    if (!reason || this.#review.sheet?.page !== sheet.page || this.#review.field?.key !== field.key) return;
    // The picture is asked for first: what is shown with the value must not fetch the hidden one.
    const picture = this.#pictures.reveal(sheet.page, field.key, reason).catch(() => say("画像を出せませんでした。もう一度 F4 を押してください。"));
    try {
      await this.#review.reveal(reason);
      await picture;
      this.#move();
    } catch (error) {
      this.#pictures.forget(sheet.page, field.key);
      this.#complain(error instanceof Refused ? error : null);
    }
  }

  async #leave() {
    await this.#review.release().catch(() => undefined);
    location.assign(`/jobs/${this.#review.job}`);
  }
}

/** @param {import("./model.js").Sheet} sheet */
function openKeys(sheet) {
  return sheet.fields.filter((field) => field.open && !field.masked).map((field) => field.key);
}

/** @param {HTMLImageElement} image @param {[number, number][] | null} quad */
function mark(image, quad) {
  image.parentElement?.querySelector("svg")?.remove();
  if (!quad || !image.naturalWidth) return;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${image.naturalWidth} ${image.naturalHeight}`);
  svg.setAttribute("aria-hidden", "true");
  const polygon = document.createElementNS(SVG, "polygon");
  polygon.setAttribute("points", quad.map((corner) => corner.join(",")).join(" "));
  svg.append(polygon);
  image.parentElement?.append(svg);
}

/** Brings the marked place into view. @param {HTMLElement} place @param {HTMLImageElement} image @param {[number, number][]} quad */
function scrollTo(place, image, quad) {
  const scale = image.clientHeight / image.naturalHeight;
  const top = Math.min(...quad.map((corner) => corner[1])) * scale;
  const bottom = Math.max(...quad.map((corner) => corner[1])) * scale;
  const isSeen = top >= place.scrollTop && bottom <= place.scrollTop + place.clientHeight;
  if (!isSeen) place.scrollTop = Math.max(0, (top + bottom) / 2 - place.clientHeight / 2);
}
