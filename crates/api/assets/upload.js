// @ts-check
/** `<shoki-upload>`: a form with files; files may be dropped anywhere, and one sees how far they are. */

import { say } from "./api.js";
import { forget } from "./kept.js";
import { filesOf, sendEach, startJob } from "./pieces.js";
import { showUnfinished } from "./unfinished.js";

const MB = 1_000_000;

export class UploadElement extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector("form");
    const input = this.querySelector('input[type="file"]');
    if (!form || !(input instanceof HTMLInputElement)) return;
    const hint = this.querySelector("[data-drop]");
    if (hint instanceof HTMLElement) hint.hidden = false;
    if (form.dataset["pieces"]) void showUnfinished(this, form.dataset["pieces"]);
    input.addEventListener("change", () => this.#list(input));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { pieces } = form.dataset;
      if (pieces === "minutes") void this.#sendMeeting(form, input);
      else if (pieces) void this.#sendInPieces(form, input, pieces);
      else this.#send(form, new FormData(form));
    });
    this.#takeDrops(form, input);
    form.addEventListener("input", (event) => {
      const picks = event.target instanceof HTMLElement ? event.target.dataset["picks"] : undefined;
      const choice = picks ? document.getElementById(picks) : null;
      if (choice instanceof HTMLInputElement) choice.checked = true;
    });
  }

  /** @param {HTMLFormElement} form @param {HTMLInputElement} input */
  #takeDrops(form, input) {
    /** @param {DragEvent} event */
    const hasFiles = (event) => event.dataTransfer?.types.includes("Files") ?? false;
    document.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      form.classList.add("over");
    });
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) form.classList.remove("over");
    });
    document.addEventListener("drop", (event) => {
      if (!hasFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      form.classList.remove("over");
      void filesOf(event.dataTransfer).then((files) => {
        const all = new DataTransfer();
        for (const file of [...(input.multiple ? (input.files ?? []) : []), ...files]) all.items.add(file);
        input.files = all.files;
        this.#list(input);
      });
    });
  }

  /** @param {HTMLInputElement} input */
  #list(input) {
    const files = [...(input.files ?? [])];
    const rows = files.map((file) => {
      const [row, name, size] = ["li", "span", "span"].map((kind) => document.createElement(kind));
      if (!row || !name || !size) throw new Error("three elements were made");
      name.textContent = file.name;
      size.textContent = file.size < MB ? `${Math.ceil(file.size / 1000)} KB` : `${(file.size / MB).toFixed(1)} MB`;
      row.append(name, size);
      return row;
    });
    this.querySelector("[data-chosen]")?.replaceChildren(...rows);
    say(`${files.length} 個のファイルを選びました。`);
  }

  /** Sends the files one after another; a lost connection costs nothing. @param {HTMLFormElement} form @param {HTMLInputElement} input @param {string} pipeline */
  async #sendInPieces(form, input, pipeline) {
    const button = form.querySelector("button");
    const list = this.querySelector("[data-chosen]");
    if (!(list instanceof HTMLElement)) return;
    if (button) button.disabled = true;
    this.#list(input);
    const files = [...(input.files ?? [])];
    const { made: jobs, unsent } = await sendEach(files, pipeline, list, (sent) => startJob(sent, pipeline));
    if (button) button.disabled = false;
    const [only] = jobs;
    if (!unsent.length) return location.assign(jobs.length === 1 && only ? `/jobs/${only}` : location.pathname);
    input.value = "";
    this.#showUnsent(unsent, jobs.length);
  }

  /** Sends the recordings, then what is known of the meeting: they are one, or none. @param {HTMLFormElement} form @param {HTMLInputElement} input */
  async #sendMeeting(form, input) {
    const button = form.querySelector("button");
    const list = this.querySelector("[data-chosen]");
    if (!(list instanceof HTMLElement)) return;
    if (button) button.disabled = true;
    this.#list(input);
    const { made, unsent } = await sendEach([...(input.files ?? [])], "minutes", list, (sent) => sent);
    if (button) button.disabled = false;
    if (unsent.length) return this.#showUnsent(unsent, 0);
    const told = new FormData(form);
    told.delete(input.name);
    for (const { document } of made) told.append("document", document);
    this.#send(form, told, () => {
      for (const { file } of made) forget(file);
    });
  }

  /** @param {import("./pieces.js").Unsent[]} unsent @param {number} accepted */
  #showUnsent(unsent, accepted) {
    document.getElementById("refused")?.remove();
    const notice = document.createElement("div");
    notice.className = "notice notice-error";
    notice.id = "refused";
    notice.setAttribute("role", "alert");
    notice.tabIndex = -1;
    const head = document.createElement("p");
    const others = accepted ? `ほかの ${accepted} 件は受け付けました。` : "";
    head.textContent = `受け付けられなかったファイルがあります。${others}`;
    const list = document.createElement("ul");
    for (const { name, sentence } of unsent) {
      const row = document.createElement("li");
      const strong = document.createElement("strong");
      strong.textContent = name;
      row.append(strong, ` ${sentence}`);
      list.append(row);
    }
    notice.append(head, list);
    this.prepend(notice);
    notice.focus();
  }

  /**
   * Sends the form with progress, which `fetch` cannot tell.
   * @param {HTMLFormElement} form @param {FormData} told @param {() => void} [onTaken]
   */
  #send(form, told, onTaken = () => undefined) {
    const bar = this.querySelector("[data-progress]");
    const button = form.querySelector("button");
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.responseType = "document";
    if (button) button.disabled = true;
    if (bar instanceof HTMLProgressElement) {
      bar.hidden = false;
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) bar.value = (event.loaded / event.total) * 100;
      });
    }
    const end = () => {
      if (button) button.disabled = false;
      if (bar instanceof HTMLProgressElement) bar.hidden = true;
    };
    request.addEventListener("error", () => {
      end();
      this.#complain(["サーバーにつながりません。", "通信の状態を確認して、もう一度送信してください。"]);
    });
    request.addEventListener("load", () => {
      end();
      const page = request.responseXML;
      const isElsewhere = new URL(request.responseURL).pathname !== new URL(form.action).pathname;
      if (request.status < 400 && isElsewhere) {
        onTaken();
        return location.assign(request.responseURL);
      }
      // A recording that was deleted meanwhile is sent anew the next time.
      if (request.status === 404) onTaken();
      if (request.status < 400 && page) return this.#become(page);
      const words = ["h1", "#detail", "#action"].map((place) => page?.querySelector(place)?.textContent ?? "");
      this.#complain(words);
    });
    request.send(told);
  }

  /** The answer is this page with a list of what was refused. @param {Document} page */
  #become(page) {
    const main = document.getElementById("main");
    const fresh = page.getElementById("main");
    if (!main || !fresh) return location.reload();
    main.replaceChildren(...[...fresh.children].map((child) => document.importNode(child, true)));
    const refused = document.getElementById("refused");
    refused?.setAttribute("tabindex", "-1");
    refused?.focus();
  }

  /** Nothing that was typed is lost. @param {string[]} words */
  #complain(words) {
    this.querySelector(".notice")?.remove();
    const notice = document.createElement("div");
    notice.className = "notice notice-error";
    notice.setAttribute("role", "alert");
    const sentence = document.createElement("p");
    sentence.textContent = words.join("");
    notice.append(sentence);
    this.prepend(notice);
  }
}
