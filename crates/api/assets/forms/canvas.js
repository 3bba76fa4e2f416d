// @ts-check
/** The blank page with its boxes: by pointer and by keys. */

import { make } from "../review/view.js";
import { LEAST, rounded } from "./draft.js";

/**
 * @typedef {import("./draft.js").Draft} Draft
 * @typedef {import("./draft.js").Box} Box
 * @typedef {{ from: [number, number], box: Box, corner: string, at: number, choice: number, is: "box" | "new" }} Drag
 */

const SVG = "http://www.w3.org/2000/svg";
/** Steps of the keys, millimetres. */
const STEP = 0.5;
const FINE = 0.1;
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** Edge of a corner's handle, millimetres. */
const HANDLE = 2;
const CORNERS = ["nw", "ne", "sw", "se"];

/** @param {string} kind @param {Record<string, string | number>} attributes */
function shape(kind, attributes) {
  const element = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}

export class Canvas {
  /** @type {Drag | null} */
  #drag = null;
  /** The page's size in millimetres when it was drawn. */
  #size = "";
  svg = /** @type {SVGSVGElement} */ (shape("svg", { role: "group", "aria-label": "用紙の枠" }));
  figure = make("figure", { class: "paper" });
  element = make("section", { class: "paper-scroll", "aria-label": "用紙", tabindex: "0" }, this.figure);

  /** @param {Draft} draft @param {() => void} onEnter */
  constructor(draft, onEnter) {
    this.draft = draft;
    this.onEnter = onEnter;
    this.figure.append(make("img", { src: `${draft.path}/blank`, alt: "記入前の用紙", draggable: "false" }), this.svg);
    this.svg.addEventListener("pointerdown", (event) => this.#begin(event));
    this.svg.addEventListener("pointermove", (event) => this.#move(event));
    this.svg.addEventListener("pointerup", (event) => this.#end(event));
    this.svg.addEventListener("pointercancel", () => this.#cancel());
    this.svg.addEventListener("keydown", (event) => this.#onKey(event));
    this.svg.addEventListener("focusin", (event) => this.#onFocus(event));
  }

  /** How wide the page is shown. @param {number} percent */
  zoom(percent) {
    this.figure.style.width = `${percent}%`;
  }

  show() {
    const { draft } = this;
    if (!draft.body || this.#drag) return;
    const { width_mm, height_mm } = draft.definition.blank;
    if (this.#size !== `${width_mm} ${height_mm}`) {
      this.#size = `${width_mm} ${height_mm}`;
      this.svg.setAttribute("viewBox", `0 0 ${width_mm} ${height_mm}`);
    }
    const hadFocus = this.svg.contains(document.activeElement);
    const faulty = new Set(draft.body.faults.map((fault) => fault.field));
    /** @type {Element[]} */
    const shapes = draft.open.map((one) => rectangle(one.box, "suggested"));
    draft.fields.forEach((field, at) => {
      const isAt = at === draft.at;
      const look = `box${isAt && draft.choice < 0 ? " selected" : ""}${faulty.has(at) ? " faulty" : ""}`;
      shapes.push(this.#box(field.box, look, `${at + 1} ${field.label}`, at, -1, field.cells ?? 0));
      if (!isAt) return;
      (field.choice ?? []).forEach((choice, place) => {
        const chosen = place === draft.choice ? " selected" : "";
        shapes.push(this.#box(choice.box, `box choice${chosen}`, `選択肢 ${choice.value}`, at, place, 0));
      });
    });
    const { box } = draft;
    if (box) for (const corner of CORNERS) shapes.push(handle(box, corner));
    this.svg.replaceChildren(...shapes);
    if (hadFocus) this.focus(false);
  }

  /** Focuses the selected box. @param {boolean} [scrolls] */
  focus(scrolls = true) {
    const chosen = this.svg.querySelector(".selected");
    if (!(chosen instanceof SVGElement)) return;
    chosen.focus({ preventScroll: true });
    if (scrolls) chosen.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** Brings the selected box into view. */
  reveal() {
    this.svg.querySelector(".selected")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** @param {Box} box @param {string} look @param {string} name @param {number} at @param {number} choice @param {number} cells */
  #box(box, look, name, at, choice, cells) {
    const [x, y, w, h] = box;
    const label = `${name}、左 ${x} 上 ${y} 幅 ${w} 高さ ${h} ミリ`;
    const group = shape("g", { class: look, tabindex: 0, role: "button", "aria-label": label, "data-at": at, "data-choice": choice });
    group.append(rectangle(box, ""));
    for (let cell = 1; cell < cells; cell += 1) {
      const across = x + (w * cell) / cells;
      group.append(shape("line", { x1: across, x2: across, y1: y, y2: y + h }));
    }
    if (choice < 0) {
      const text = shape("text", { x: x + 0.6, y: y - 0.6, "aria-hidden": "true" });
      text.textContent = `${at + 1}`;
      group.append(text);
    }
    return group;
  }

  /** Millimetres of a pointer. @param {PointerEvent} event @returns {[number, number]} */
  #point(event) {
    const matrix = this.svg.getScreenCTM();
    if (!matrix) return [0, 0];
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    return [point.x, point.y];
  }

  /** @param {PointerEvent} event */
  #begin(event) {
    if (event.button !== 0 || !(event.target instanceof Element)) return;
    const { draft } = this;
    const corner = event.target.getAttribute("data-corner") ?? "";
    const group = event.target.closest("[data-at]");
    const from = this.#point(event);
    if (corner && draft.box) {
      this.#drag = { from, box: [...draft.box], corner, at: draft.at, choice: draft.choice, is: "box" };
    } else if (group) {
      const [at, choice] = [Number(group.getAttribute("data-at")), Number(group.getAttribute("data-choice"))];
      draft.select(at, choice);
      const { box } = draft;
      if (!box) return;
      this.#drag = { from, box: [...box], corner: "", at, choice, is: "box" };
    } else {
      const suggested = draft.open.find(({ box: [x, y, w, h] }) => from[0] >= x && from[0] <= x + w && from[1] >= y && from[1] <= y + h);
      this.#drag = { from, box: suggested ? [...suggested.box] : [from[0], from[1], 0, 0], corner: "se", at: -1, choice: -1, is: "new" };
    }
    event.preventDefault();
    this.svg.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.#drag) return;
    const box = dragged(this.#drag, this.#point(event));
    if (this.#drag.is === "new") {
      this.svg.querySelector(".new")?.remove();
      this.svg.append(rectangle(box, "new"));
      return;
    }
    const rect = this.svg.querySelector(".selected rect");
    if (rect) for (const [name, value] of Object.entries({ x: box[0], y: box[1], width: box[2], height: box[3] })) rect.setAttribute(name, String(value));
  }

  /** @param {PointerEvent} event */
  #end(event) {
    const drag = this.#drag;
    if (!drag) return;
    this.#drag = null;
    this.svg.querySelector(".new")?.remove();
    const point = this.#point(event);
    const isClick = Math.hypot(point[0] - drag.from[0], point[1] - drag.from[1]) < 0.7;
    if (drag.is === "new") this.#make(drag, point, isClick);
    else if (!isClick) this.draft.place(dragged(drag, point));
    this.show();
    this.focus(false);
  }

  /** @param {Drag} drag @param {[number, number]} point @param {boolean} isClick */
  #make(drag, point, isClick) {
    const { draft } = this;
    if (isClick) {
      const suggestion = draft.open.find(({ box }) => box[0] === drag.box[0] && box[1] === drag.box[1] && box[2] === drag.box[2] && drag.box[2] > 0);
      if (suggestion) draft.take([suggestion]);
      else draft.select(-1);
      return;
    }
    const left = Math.min(drag.from[0], point[0]);
    const top = Math.min(drag.from[1], point[1]);
    const box = rounded([left, top, Math.abs(point[0] - drag.from[0]), Math.abs(point[1] - drag.from[1])]);
    if (box[2] >= LEAST && box[3] >= LEAST) draft.add({ type: "free_text", box });
  }

  #cancel() {
    this.#drag = null;
    this.show();
  }

  /** @param {FocusEvent} event */
  #onFocus(event) {
    const group = event.target instanceof Element ? event.target.closest("[data-at]") : null;
    if (group && !this.#drag) this.draft.select(Number(group.getAttribute("data-at")), Number(group.getAttribute("data-choice")));
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const { draft } = this;
    const { box } = draft;
    if (!box || event.ctrlKey || event.metaKey) return;
    const arrow = ARROWS[event.key];
    if (arrow) {
      const step = event.altKey ? FINE : STEP;
      const [dx, dy] = [arrow[0] * step, arrow[1] * step];
      const [x, y, w, h] = box;
      draft.place(event.shiftKey ? [x, y, w + dx, h + dy] : [x + dx, y + dy, w, h]);
    } else if (event.key === "Delete" || event.key === "Backspace") draft.remove();
    else if (event.key === "Enter" || event.key === " ") this.onEnter();
    else return;
    event.preventDefault();
  }
}

/** @param {Box} box @param {string} look */
function rectangle([x, y, w, h], look) {
  return shape("rect", { x, y, width: Math.max(w, 0), height: Math.max(h, 0), ...(look ? { class: look } : {}) });
}

/** @param {Box} box @param {string} corner */
function handle([x, y, w, h], corner) {
  const left = corner.includes("w") ? x : x + w;
  const top = corner.includes("n") ? y : y + h;
  return shape("rect", { class: `handle ${corner}`, "data-corner": corner, x: left - HANDLE / 2, y: top - HANDLE / 2, width: HANDLE, height: HANDLE });
}

/** The box as it is dragged now. @param {Drag} drag @param {[number, number]} point @returns {Box} */
function dragged({ from, box: [x, y, w, h], corner, is }, [px, py]) {
  const [dx, dy] = [px - from[0], py - from[1]];
  if (is === "new") return [Math.min(from[0], px), Math.min(from[1], py), Math.abs(dx), Math.abs(dy)];
  if (!corner) return [x + dx, y + dy, w, h];
  const wide = Math.max(LEAST, corner.includes("w") ? w - dx : w + dx);
  const high = Math.max(LEAST, corner.includes("n") ? h - dy : h + dy);
  return [corner.includes("w") ? x + w - wide : x, corner.includes("n") ? y + h - high : y, wide, high];
}
