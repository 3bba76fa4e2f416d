// @ts-check
/** Files of a form sent one after another in pieces, each with its own progress; and the files of a dropped folder. */

import { Refused, call, say } from "./api.js";
import { sendFile } from "./tus.js";

/**
 * @typedef {{ name: string, sentence: string }} Unsent
 * @typedef {{ jobs: string[], unsent: Unsent[] }} Sent
 */

/** A random name under which a job is started at most once. */
const key = () => `page-${crypto.randomUUID()}`;

/**
 * Sends the files and starts a job on each; one that cannot be taken does not stop the others.
 * @param {File[]} files
 * @param {string} pipeline
 * @param {HTMLElement} list The files as they are listed, in the same order.
 * @returns {Promise<Sent>}
 */
export async function sendAll(files, pipeline, list) {
  /** @type {Sent} */
  const sent = { jobs: [], unsent: [] };
  const rows = [...list.children];
  for (const [place, file] of files.entries()) {
    const bar = document.createElement("progress");
    bar.max = file.size;
    bar.value = 0;
    bar.setAttribute("aria-label", `${file.name} の送信の進み具合`);
    const note = document.createElement("span");
    note.className = "note";
    rows[place]?.append(bar, note);
    try {
      const document_id = await sendFile(file, pipeline, (done, isWaiting) => {
        bar.value = done;
        const words = isWaiting ? "つながるのを待っています。つながれば続きから送ります。" : "";
        if (words && note.textContent !== words) say(words);
        note.textContent = words;
      });
      const headers = { "idempotency-key": key() };
      const started = await call("POST", "/v1/jobs", { body: { document_id, pipeline }, headers });
      sent.jobs.push((await started.json()).id);
      bar.value = file.size;
      note.textContent = "送りました";
    } catch (error) {
      const sentence = error instanceof Refused ? error.sentence : "送れませんでした。もう一度選んでください。";
      sent.unsent.push({ name: file.name, sentence });
      note.textContent = "送れませんでした";
    }
  }
  return sent;
}

/** The files of what was dropped, those in folders too. @param {DataTransfer} dropped @returns {Promise<File[]>} */
export async function filesOf(dropped) {
  const entries = [...dropped.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (!entries.some((entry) => entry.isDirectory)) return [...dropped.files];
  const found = await Promise.all(entries.map((entry) => under(entry)));
  return found.flat().sort((a, b) => a.name.localeCompare(b.name, "ja", { numeric: true }));
}

/** @param {FileSystemEntry} entry @returns {Promise<File[]>} */
async function under(entry) {
  if (entry instanceof FileSystemFileEntry) {
    // What a folder keeps for itself (.DS_Store) is nobody's scan.
    if (entry.name.startsWith(".")) return [];
    return [await new Promise((done, failed) => entry.file(done, failed))];
  }
  if (!(entry instanceof FileSystemDirectoryEntry)) return [];
  const reader = entry.createReader();
  /** @type {File[]} */
  const files = [];
  // A reader gives a hundred at a time until it gives none.
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return files;
    for (const one of some) files.push(...(await under(one)));
  }
}
