// @ts-check
/** `<shoki-practice live>`: the steps of a practice, brought up to date while something is at work. */

import { pageOf, say } from "./api.js";

/** Pause between two looks, milliseconds. */
const LOOK_EVERY = 2000;

export class PracticeElement extends HTMLElement {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  connectedCallback() {
    if (this.hasAttribute("live")) this.#wait();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  #wait() {
    this.#timer = setTimeout(() => void this.#look(), LOOK_EVERY);
  }

  async #look() {
    try {
      if (document.hidden) return this.#wait();
      const page = await pageOf(location.href, { isBackground: true });
      const fresh = page.querySelector("shoki-practice");
      if (!fresh) return location.reload();
      this.#take(fresh);
      if (fresh.hasAttribute("live")) return this.#wait();
      this.removeAttribute("live");
      const next = this.querySelector('[data-look="check"] h2');
      if (next) say(`次は「${next.firstChild?.textContent?.trim() ?? ""}」です。`);
    } catch {
      // The next look may succeed.
      this.#wait();
    }
  }

  /** Takes over the steps that differ; somebody may stand on one of the others. @param {Element} fresh */
  #take(fresh) {
    const [old, now] = [this.querySelectorAll("li[data-look]"), fresh.querySelectorAll("li[data-look]")];
    now.forEach((step, place) => {
      const before = old[place];
      if (before && !before.isEqualNode(step)) before.replaceWith(document.importNode(step, true));
    });
  }
}
