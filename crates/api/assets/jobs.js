// @ts-check
/** Lists that follow the work, and one job that is followed as it happens. */

import { call, pageOf, say } from "./api.js";

/** Pause between two looks at a list, milliseconds. */
const LOOK_EVERY = 2000;

/** `<shoki-jobs live>`: a table whose rows are brought up to date while something is at work. */
export class JobsElement extends HTMLElement {
  /** @type {number | undefined} */
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
    if (document.hidden) return this.#wait();
    try {
      const page = await pageOf(location.href, { isBackground: true });
      const fresh = page.querySelector("shoki-jobs");
      if (!fresh) return location.reload();
      this.#take(fresh);
      if (fresh.hasAttribute("live")) this.#wait();
    } catch {
      // The next look may succeed; nothing here is lost.
      this.#wait();
    }
  }

  /** @param {Element} fresh */
  #take(fresh) {
    const body = this.querySelector("tbody");
    const rows = fresh.querySelectorAll("tbody tr");
    if (!body) return;
    const kept = new Map([...body.rows].map((row) => [row.id, row]));
    rows.forEach((row, place) => {
      const old = kept.get(row.id);
      kept.delete(row.id);
      if (old && old.isEqualNode(row)) return;
      const taken = document.importNode(row, true);
      if (!old) return body.insertBefore(taken, body.rows[place] ?? null);
      const hadFocus = old.contains(document.activeElement);
      old.replaceWith(taken);
      if (hadFocus) taken.querySelector("a")?.focus();
      announce(old, taken);
    });
    for (const gone of kept.values()) gone.remove();
  }
}

/** Says that something came to its end. @param {HTMLElement} old @param {Element} taken */
function announce(old, taken) {
  const [before, after] = [old.dataset["state"], taken.getAttribute("data-state")];
  const wasAtWork = before === "run" || before === "wait";
  if (!wasAtWork || after === "run" || after === "wait") return;
  const name = taken.querySelector(".name a")?.textContent;
  const state = taken.querySelector(".state")?.textContent;
  say(`「${name}」: ${state}`);
}

/** `<shoki-job job live>`: state and progress by server-sent events; the result is shown when there is one. */
export class JobElement extends HTMLElement {
  /** @type {EventSource | undefined} */
  #events;

  connectedCallback() {
    if (!this.hasAttribute("live")) return;
    this.#events = new EventSource(`/v1/jobs/${this.getAttribute("job")}/events`);
    for (const name of ["state", "progress"]) {
      this.#events.addEventListener(name, (event) => this.#show(JSON.parse(event.data)));
    }
  }

  disconnectedCallback() {
    this.#events?.close();
  }

  /** @param {{ state: string, state_label: string, progress?: { done: number, failed: number, total: number } }} job */
  #show(job) {
    const state = this.querySelector("[data-state]");
    if (state) state.textContent = job.state_label;
    const bar = this.querySelector("progress");
    const count = this.querySelector("[data-count]");
    if (job.progress && bar && count) {
      const ended = job.progress.done + job.progress.failed;
      bar.max = job.progress.total;
      bar.value = ended;
      count.textContent = `${ended} / ${job.progress.total}`;
    }
    if (["succeeded", "failed", "cancelled"].includes(job.state)) void this.#end();
  }

  /** Shows the result, unless the job was read on after this end (a page that was sorted anew). */
  async #end() {
    try {
      const job = await (await call("GET", `/v1/jobs/${this.getAttribute("job")}`, { isBackground: true })).json();
      if (!["succeeded", "failed", "cancelled"].includes(job.state)) return;
      this.#events?.close();
      location.reload();
    } catch {
      // The stream is still open, or comes back by itself.
    }
  }
}
