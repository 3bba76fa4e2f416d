// @ts-check
/**
 * 下書き: one agenda item written by the operator's server, or all of it taken back, without leaving the place; and the
 * minutes shown anew. The forms work without this script too.
 */

import { call, pageOf, Refused, say } from "../api.js";

export class DraftPane {
  /** @param {HTMLElement} home @param {string} job */
  constructor(home, job) {
    this.home = home;
    this.path = `/v1/jobs/${job}/minutes/draft`;
    home.addEventListener("submit", (event) => {
      const form = event.target;
      if (!(form instanceof HTMLFormElement) || !form.matches("[data-draft], [data-undraft]")) return;
      event.preventDefault();
      void this.#send(form);
    });
  }

  get #pane() {
    return this.home.querySelector("[data-minutes]");
  }

  /** @param {HTMLFormElement} form */
  async #send(form) {
    const button = form.querySelector("button");
    const name = button?.textContent ?? "";
    const isDraft = form.matches("[data-draft]");
    form.parentElement?.querySelector(".trouble")?.remove();
    if (button) {
      button.disabled = true;
      button.textContent = isDraft ? "下書きを作っています…" : "取り消しています…";
    }
    say(isDraft ? "下書きを作っています。1分ほどかかることがあります。" : "");
    try {
      if (isDraft) await call("POST", this.path, { body: { item: Number(new FormData(form).get("item")) } });
      else await call("DELETE", this.path);
      await this.#show();
      const doubtful = this.#pane?.querySelectorAll(".points .doubtful").length ?? 0;
      const left = doubtful ? `発言では確かめられない文が ${doubtful} あります。` : "";
      say(isDraft ? `下書きを入れました。${left}` : "下書きを取り消しました。");
    } catch (error) {
      if (button) {
        button.disabled = false;
        button.textContent = name;
      }
      const notice = document.createElement("p");
      notice.className = "notice notice-error trouble";
      notice.setAttribute("role", "alert");
      notice.textContent = error instanceof Refused ? error.sentence : "下書きを作れませんでした。";
      form.after(notice);
    }
  }

  /** The minutes as they are now, in the place of those of before. */
  async #show() {
    const page = await pageOf(location.pathname);
    const fresh = page.querySelector("[data-minutes]");
    const pane = this.#pane;
    if (!fresh || !(pane instanceof HTMLElement)) return location.reload();
    pane.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
    pane.focus();
  }
}
