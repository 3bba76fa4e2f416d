// @ts-check
/** `<shoki-law question>`: a found passage opens at the right, in its text, lit. */

import { call, pageOf, Refused, say } from "./api.js";
import { isConverting, isText } from "./keys.js";

export class LawElement extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => this.#onClick(event));
    document.addEventListener("keydown", this.#onKey);
    this.#links()[0]?.focus({ preventScroll: true });
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#onKey);
  }

  /** @returns {HTMLAnchorElement[]} */
  #links() {
    return [...this.querySelectorAll("a.open")].filter((link) => link instanceof HTMLAnchorElement);
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || new URL(link.href).pathname.startsWith("/law/sources/") === false) return;
    event.preventDefault();
    void this.#open(link);
  }

  /** @param {HTMLAnchorElement} link */
  async #open(link) {
    const reader = this.querySelector("[data-reader]");
    if (!(reader instanceof HTMLElement)) return;
    if (link.classList.contains("open")) {
      for (const other of this.#links()) other.removeAttribute("aria-current");
      link.setAttribute("aria-current", "true");
      this.#record(link);
    }
    try {
      const page = await pageOf(link.href);
      const text = page.getElementById("text");
      if (!text) return;
      const taken = document.importNode(text, true);
      const title = taken.querySelector("h1");
      if (title) {
        const heading = document.createElement("h2");
        heading.textContent = title.textContent;
        title.replaceWith(heading);
      }
      reader.replaceChildren(taken);
      taken.querySelector(".lit")?.scrollIntoView({ block: "center", behavior: "instant" });
      say(`${link.textContent} を開きました。`);
    } catch (error) {
      const sentence = document.createElement("p");
      sentence.className = "notice notice-error";
      sentence.textContent = error instanceof Refused ? error.sentence : "本文を開けませんでした。";
      reader.replaceChildren(sentence);
    }
  }

  /** That it was opened, for the figures. Its failure costs the reader nothing. @param {HTMLAnchorElement} link */
  #record(link) {
    const question = this.getAttribute("question");
    const { revision, ordinal } = link.dataset;
    if (!question || !revision) return;
    const body = { kind: "opened", passage: { revision, ordinal: Number(ordinal) } };
    call("POST", `/v1/questions/${question}/feedback`, { body }).catch(() => undefined);
  }

  /** @param {KeyboardEvent} event */
  #onKey = (event) => {
    if (isConverting(event) || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "/" && !isText(event.target)) {
      event.preventDefault();
      document.getElementById("q")?.focus();
      return;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const links = this.#links();
    const at = links.findIndex((link) => link === document.activeElement);
    const fromQuestion = event.key === "ArrowDown" && document.activeElement?.id === "q";
    if (at < 0 && !fromQuestion) return;
    event.preventDefault();
    links[event.key === "ArrowDown" ? at + 1 : at - 1]?.focus();
  };
}
