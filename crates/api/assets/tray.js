// @ts-check
/**
 * `<shoki-tray job>`: the tray of pages by keyboard, pictures that want a reason, and a page as large as it is.
 * What is said about pages is the form's; this only helps to mark, to see and to press.
 */

import { call, Refused, say } from "./api.js";
import { isConverting } from "./keys.js";
import { askReason } from "./reason.js";

/** Pixels across of a small picture, and of a large one. */
const SMALL = 240;
const LARGE = 1000;
/** Keys and the buttons that they press. @type {Record<string, string>} */
const BUTTONS = { F7: "act-turn", F8: "act-blank", F9: "act-unknown", F10: "act-machine", F4: "look" };

export class TrayElement extends HTMLElement {
  /** Why hidden pictures are looked at; empty: nobody has said. */
  #reason = "";
  /** Addresses in memory, given up with the page. @type {string[]} */
  #urls = [];
  /** @type {IntersectionObserver | undefined} */
  #seen;

  connectedCallback() {
    const look = this.#button("look");
    const hidden = this.querySelector("[data-hidden]");
    if (look && hidden) look.hidden = false;
    look?.addEventListener("click", () => void this.#askReason());
    this.addEventListener("click", (event) => this.#onClick(event));
    this.addEventListener("change", () => this.#count());
    this.querySelector("form.tray")?.addEventListener("submit", (event) => this.#onSubmit(event));
    document.addEventListener("keydown", this.#onKey);
    for (const image of this.querySelectorAll("img")) {
      image.addEventListener("error", () => this.#again(image), { once: true });
    }
    this.#count();
    const first = this.querySelector("input[type=checkbox]:not(:disabled)");
    if (first instanceof HTMLElement) first.focus({ preventScroll: true });
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#onKey);
    this.#seen?.disconnect();
    for (const url of this.#urls) URL.revokeObjectURL(url);
  }

  /** @param {string} id @returns {HTMLButtonElement | null} */
  #button(id) {
    const found = this.querySelector(`#${id}`);
    return found instanceof HTMLButtonElement ? found : null;
  }

  /** The boxes that can be marked. @returns {HTMLInputElement[]} */
  #boxes() {
    return [...this.querySelectorAll("input[type=checkbox]")].filter((box) => box instanceof HTMLInputElement);
  }

  /** @returns {HTMLInputElement[]} */
  #marked() {
    return this.#boxes().filter((box) => box.checked);
  }

  #count() {
    const marked = this.#marked();
    const place = this.querySelector("[data-marked]");
    if (place) place.textContent = marked.length ? `印を付けた ${marked.length} ページを` : "印を付けたページを";
    const likely = marked[0]?.dataset["likely"]?.split(" ")[0];
    const choice = this.querySelector("select");
    if (choice && likely && !choice.value) choice.value = likely;
  }

  /** @param {Event} event */
  #onSubmit(event) {
    const button = event instanceof SubmitEvent && event.submitter instanceof HTMLButtonElement ? event.submitter : null;
    const choice = this.querySelector("select");
    /** @param {string} words @param {HTMLElement | null | undefined} place */
    const stop = (words, place) => {
      event.preventDefault();
      say(words);
      const shown = this.querySelector("[data-marked]");
      if (shown) shown.textContent = words;
      place?.focus();
    };
    if (!this.#marked().length) stop("先に、ページに印を付けてください(Space)。", this.#boxes().find((box) => !box.disabled));
    else if (button?.value === "form" && !choice?.value) stop("どの帳票かを選んでください。", choice);
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const thumb = event.target instanceof Element ? event.target.closest(".thumb") : null;
    if (thumb instanceof HTMLElement) void this.#enlarge(Number(thumb.dataset["page"]));
  }

  /** @param {KeyboardEvent} event */
  #onKey = (event) => {
    if (isConverting(event) || document.querySelector("dialog[open]") || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && event.ctrlKey) {
      event.preventDefault();
      return this.#button("act-form")?.click();
    }
    if (event.ctrlKey || event.shiftKey) return;
    const button = BUTTONS[event.key];
    if (button) {
      event.preventDefault();
      const found = this.#button(button);
      if (found && !found.hidden) found.click();
      return;
    }
    const { target } = event;
    if (!(target instanceof HTMLInputElement) || target.name !== "page") return;
    if (event.key === "Enter") {
      event.preventDefault();
      return void this.#enlarge(Number(target.value));
    }
    const next = this.#neighbour(target, event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };

  /** The box beside, above or below as the cards lie. @param {HTMLInputElement} from @param {string} key */
  #neighbour(from, key) {
    const boxes = this.#boxes().filter((box) => !box.disabled);
    const at = boxes.indexOf(from);
    if (key === "ArrowRight") return boxes[at + 1];
    if (key === "ArrowLeft") return boxes[at - 1];
    if (key !== "ArrowDown" && key !== "ArrowUp") return undefined;
    const here = from.getBoundingClientRect();
    const down = key === "ArrowDown";
    const others = boxes.filter((box) => {
      const top = box.getBoundingClientRect().top;
      return down ? top > here.top + 4 : top < here.top - 4;
    });
    /** @param {HTMLInputElement} box */
    const distance = (box) => {
      const place = box.getBoundingClientRect();
      return Math.abs(place.top - here.top) * 1000 + Math.abs(place.left - here.left);
    };
    return others.sort((a, b) => distance(a) - distance(b))[0];
  }

  /** Asks why, and shows what is hidden from then on as it comes into view. */
  async #askReason() {
    const reason = await askReason("仕分けのため");
    if (!reason) return false;
    this.#reason = reason;
    const look = this.#button("look");
    if (look) look.hidden = true;
    this.#seen = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting || !(entry.target instanceof HTMLElement)) continue;
        this.#seen?.unobserve(entry.target);
        void this.#reveal(entry.target);
      }
    });
    for (const thumb of this.querySelectorAll("[data-hidden]")) this.#seen.observe(thumb);
    return true;
  }

  /** @param {HTMLElement} thumb */
  async #reveal(thumb) {
    const page = Number(thumb.dataset["page"]);
    try {
      const url = await this.#picture(page, SMALL, true);
      const image = Object.assign(document.createElement("img"), { src: url, alt: `${page} ページの画像`, width: 240, height: 340 });
      thumb.replaceChildren(image);
    } catch (error) {
      thumb.textContent = error instanceof Refused ? error.problem.title : "表示できません。";
    }
  }

  /** Address of a page's picture. @param {number} page @param {number} width @param {boolean} isHidden */
  async #picture(page, width, isHidden) {
    const path = `/v1/jobs/${this.getAttribute("job")}/pages/${page}/image`;
    const answer = isHidden
      ? await call("POST", `${path}/reveal?width=${width}`, { body: { reason: this.#reason } })
      : await call("GET", `${path}?width=${width}`);
    const url = URL.createObjectURL(await answer.blob());
    this.#urls.push(url);
    return url;
  }

  /** A page as large as it is. @param {number} page */
  async #enlarge(page) {
    const dialog = this.querySelector("#large");
    const place = dialog?.querySelector(".large-picture");
    const title = dialog?.querySelector("h2");
    if (!(dialog instanceof HTMLDialogElement) || !place || !title) return;
    const isHidden = this.querySelector(`.thumb[data-page="${page}"]`)?.hasAttribute("data-hidden") ?? false;
    if (isHidden && !this.#reason && !(await this.#askReason())) return;
    title.textContent = `${page} ページの画像`;
    place.textContent = "画像を読み込んでいます。";
    dialog.showModal();
    try {
      const url = await this.#picture(page, LARGE, isHidden);
      place.replaceChildren(Object.assign(document.createElement("img"), { src: url, alt: `${page} ページの画像` }));
    } catch (error) {
      place.textContent = error instanceof Refused ? error.sentence : "表示できません。";
    }
  }

  /** A picture that did not come: the desk was busy, or the page cannot be opened. @param {HTMLImageElement} image */
  #again(image) {
    const { src } = image;
    image.addEventListener("error", () => image.parentElement?.replaceChildren("画像を表示できません。"), { once: true });
    setTimeout(() => (image.src = src), 1500 + Math.random() * 1500);
  }
}
