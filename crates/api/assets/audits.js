// @ts-check
/**
 * `<shoki-audits>`: fields to write down one after another without sight of what was read. What the service does not
 * say cannot be shown: its answers hold no reading.
 *
 * @typedef {{ job_id: string, page: number, key: string, label: string, task: "write" | "decide", values?: string[],
 *   crop: string }} Audit
 */

import { call, Refused, say } from "./api.js";
import { isConverting } from "./keys.js";
import { askReason } from "./reason.js";
import { button, make, showCrop } from "./review/view.js";

export class AuditsElement extends HTMLElement {
  /** @type {Audit | null} */
  #audit = null;
  #done = 0;
  #isBusy = false;
  #trouble = make("div", { role: "alert" });
  #stage = make("section", { class: "audit", "aria-labelledby": "audit-label" });

  connectedCallback() {
    this.replaceChildren(this.#trouble, this.#stage);
    this.addEventListener("click", (event) => {
      const target = event.target instanceof Element ? event.target.closest("[data-act], [data-value]") : null;
      if (!(target instanceof HTMLElement)) return;
      const { act, value } = target.dataset;
      if (value !== undefined) void this.#answer(this.#audit?.values?.[Number(value)] ?? "");
      else if (act) this.#act(act);
    });
    document.addEventListener("keydown", this.#onKey);
    void this.#next();
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#onKey);
    this.#forget();
  }

  /** @param {KeyboardEvent} event */
  #onKey = (event) => {
    if (isConverting(event) || document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey) return;
    const { target } = event;
    if (event.altKey) {
      const place = { Digit1: 0, Digit2: 1 }[event.code];
      const value = place === undefined ? undefined : this.#audit?.values?.[place];
      if (value === undefined) return;
      event.preventDefault();
      return void this.#answer(value);
    }
    const isBox = target instanceof HTMLInputElement && target.id === "value";
    const act = event.key === "Enter" && isBox ? "send" : { F9: "none", F4: "reveal" }[event.key];
    if (!act || !this.#audit) return;
    event.preventDefault();
    this.#act(act);
  };

  /** @param {string} act */
  #act(act) {
    const input = this.#stage.querySelector("#value");
    if (act === "send" && input instanceof HTMLInputElement) {
      if (input.value.trim()) return void this.#answer(input.value);
      say("値を書いてください。何も書かれていないときは F9 を押してください。");
      return input.focus();
    }
    if (act === "none") return void this.#answer("");
    if (act === "reveal") return void this.#reveal();
    if (act === "again") return void this.#next();
  }

  async #next() {
    try {
      const answer = await call("POST", "/v1/blind-audits/next");
      this.#audit = answer.status === 204 ? null : await answer.json();
      this.#trouble.replaceChildren();
      this.#show();
    } catch (error) {
      this.#complain(error);
    }
  }

  #show() {
    this.#forget();
    const audit = this.#audit;
    const count = make("p", { class: "note", id: "done-count" }, `この画面で確かめた欄: ${this.#done}`);
    if (!audit) {
      this.#stage.replaceChildren(
        make("h2", { id: "audit-label", tabindex: "-1" }, "今、あなたが確かめる欄はありません。"),
        make("p", {}, "欄は、ジョブを読み取って確認画面や出力を開いたときに選ばれます。読み取った結果をすでに見たジョブの欄は、別の人に回ります。"),
        count,
        make("p", {}, button("もう一度探す", "again", [])),
      );
      this.#focus("#audit-label");
      return;
    }
    const crop = make("div", { class: "crop", "data-crop": "" }, make("span", { class: "note" }, "画像を読み込んでいます"));
    const box = make("input", { id: "value", autocomplete: "off", spellcheck: "false", maxlength: "500" });
    const acts = make("div", { class: "acts" }, button("この値で次へ", "send", ["Enter"], "button-primary"), button("何も書かれていない・読めない", "none", ["F9"]));
    this.#stage.replaceChildren(make("h2", { id: "audit-label" }, audit.label), crop);
    if (audit.task === "decide") this.#stage.append(this.#choices(audit.values ?? []));
    const label = audit.task === "decide" ? "どちらでもないときは、書かれている値" : "書かれている値";
    this.#stage.append(make("div", { class: "value" }, make("label", { class: "label", for: "value" }, label), box), acts, count);
    this.#focus("#value");
    void this.#showCrop(audit);
  }

  /** Two values that differ, in an order that does not tell which was read. @param {string[]} values */
  #choices(values) {
    const rows = values.map((value, place) =>
      make("li", {}, make("button", { type: "button", "data-value": String(place) }, make("kbd", {}, `Alt+${place + 1}`), value || "(何も書かれていない)")),
    );
    return make("div", {}, make("p", {}, "二つの値が食い違っています。書かれているほうを選んでください。"), make("ul", { class: "candidates", "aria-label": "二つの値" }, ...rows));
  }

  /** @param {Audit} audit */
  async #showCrop(audit) {
    try {
      this.#put(audit, await call("GET", audit.crop));
    } catch (error) {
      const place = this.#stage.querySelector("[data-crop]");
      if (this.#audit !== audit || !place) return;
      const isMasked = error instanceof Refused && error.problem.code === "masked";
      if (!isMasked) place.replaceChildren(make("span", { class: "note" }, "この欄の画像はありません。"));
      else place.replaceChildren(make("span", { class: "note" }, "伏せてあります "), button("理由を付けて見る", "reveal", ["F4"]));
    }
  }

  /** @param {Audit} audit @param {Response} answer */
  async #put(audit, answer) {
    const url = URL.createObjectURL(await answer.blob());
    const place = this.#stage.querySelector("[data-crop]");
    if (this.#audit !== audit || !(place instanceof HTMLElement)) return URL.revokeObjectURL(url);
    showCrop(place, url, audit.label);
  }

  async #reveal() {
    const audit = this.#audit;
    if (!audit || !this.#stage.querySelector("#reveal")) return;
    const reason = await askReason("抜き取り確認のため");
    if (!reason) return;
    try {
      this.#put(audit, await call("POST", `${audit.crop}/reveal`, { body: { reason } }));
      this.#focus("#value");
    } catch (error) {
      this.#complain(error);
    }
  }

  /** @param {string} text */
  async #answer(text) {
    const audit = this.#audit;
    if (!audit || this.#isBusy) return;
    this.#isBusy = true;
    try {
      const path = `/v1/blind-audits/${audit.job_id}/${audit.page}/${encodeURIComponent(audit.key)}`;
      await call("PUT", path, { body: { text } });
      this.#done += 1;
      say("保存しました。次の欄です。");
      await this.#next();
    } catch (error) {
      // Ended or withdrawn meanwhile: there is a next one. Anything else leaves what was written in the box.
      const isOver = error instanceof Refused && error.status === 409;
      if (isOver) await this.#next();
      this.#complain(error);
    } finally {
      this.#isBusy = false;
    }
  }

  /** @param {unknown} error */
  #complain(error) {
    const words = error instanceof Refused ? error.sentence : "この画面で問題が起きました。読み込み直してください。";
    this.#trouble.replaceChildren(make("p", { class: "notice notice-error", id: "trouble" }, words));
  }

  /** @param {string} place */
  #focus(place) {
    const found = this.#stage.querySelector(place);
    if (found instanceof HTMLElement) found.focus();
  }

  /** Gives up the picture that was shown. */
  #forget() {
    const image = this.#stage.querySelector("#crop");
    if (image instanceof HTMLImageElement) URL.revokeObjectURL(image.src);
  }
}
