// @ts-check
/**
 * 話者の分け直し: who speaks is found anew with another number of people; one correction, which can be taken back.
 *
 * @typedef {import("./transcript.js").Transcript} Transcript
 * @typedef {import("./transcript.js").Change} Change
 */

import { call, pageOf, Refused } from "../api.js";

/** Most people that can be told apart. */
const MOST = 30;

export class Regroup {
  /** @param {HTMLElement} home @param {string} job @param {Transcript} transcript */
  constructor(home, job, transcript) {
    this.home = home;
    this.path = `/v1/jobs/${job}/speakers/recluster`;
    this.transcript = transcript;
    const form = home.querySelector("[data-recluster]");
    if (!(form instanceof HTMLFormElement)) return;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send(form);
    });
    // Whoever fills in a number means it.
    form.addEventListener("input", (event) => {
      const picks = event.target instanceof HTMLElement ? event.target.dataset["picks"] : undefined;
      const choice = picks ? document.getElementById(picks) : null;
      if (choice instanceof HTMLInputElement) choice.checked = true;
    });
  }

  /** @param {HTMLFormElement} form */
  async #send(form) {
    const speakers = countOf(new FormData(form));
    if (!speakers) return this.#say(`人数は 1 から ${MOST} までの整数で、範囲は少ない方を先に入れてください。`);
    const button = form.querySelector("button");
    if (button) button.disabled = true;
    this.#say("分け直しています。");
    try {
      const answer = await call("POST", this.path, { body: { speakers } });
      /** @type {Change} */
      const change = await answer.json();
      this.transcript.take(change);
      this.home.dispatchEvent(new CustomEvent("corrected"));
      await this.#nameAnew();
      const count = change.speakers.filter((speaker) => (speaker.spoken_ms ?? 0) > 0).length;
      this.#say(`${count} 人に分け直しました。元に戻すときは、閉じてから Ctrl+Z を押してください。`);
    } catch (error) {
      this.#say(error instanceof Refused ? error.sentence : "分け直せませんでした。");
    } finally {
      if (button) button.disabled = false;
    }
  }

  /** The forms that give names, for those who speak now. */
  async #nameAnew() {
    const page = await pageOf(location.pathname, { isBackground: true }).catch(() => null);
    const [old, fresh] = [document.getElementById("speakers"), page?.getElementById("speakers")];
    if (!old || !fresh) return;
    const taken = document.importNode(fresh, true);
    taken.toggleAttribute("open", old.hasAttribute("open"));
    for (const tool of taken.querySelectorAll("[data-tools]")) tool.removeAttribute("hidden");
    old.replaceWith(taken);
  }

  /** @param {string} sentence */
  #say(sentence) {
    const place = this.home.querySelector("[data-regrouped]");
    if (place) place.textContent = sentence;
  }
}

/** What the form says, as the API takes it; `null` when that is no number of people. @param {FormData} form */
function countOf(form) {
  const number = (/** @type {string} */ name) => {
    const value = Number(form.get(name));
    return Number.isInteger(value) && value >= 1 && value <= MOST ? value : null;
  };
  switch (form.get("speakers_are")) {
    case "exact": {
      const speakers = number("speakers");
      return speakers === null ? null : { kind: "exact", speakers };
    }
    case "range": {
      const [min, max] = [number("speakers_min"), number("speakers_max")];
      return min === null || max === null || min > max ? null : { kind: "range", min, max };
    }
    default:
      return { kind: "unknown" };
  }
}
