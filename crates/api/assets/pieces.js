// @ts-check
/** Files of a form sent one after another in pieces, each with its own progress; and the files of a dropped folder. */

import { Refused, call, say } from "./api.js";
import { forget } from "./kept.js";
import { sendFile } from "./tus.js";

/**
 * @typedef {{ name: string, sentence: string }} Unsent
 * @typedef {import("./tus.js").Sent} Sent
 */

/**
 * Sends the files one after another; one that cannot be taken does not stop the others.
 * @template T
 * @param {File[]} files
 * @param {string} pipeline
 * @param {HTMLElement} list The files as they are listed, in the same order.
 * @param {(sent: Sent) => T | Promise<T>} use What is made of a file that has come.
 * @returns {Promise<{ made: T[], unsent: Unsent[] }>}
 */
export async function sendEach(files, pipeline, list, use) {
  /** @type {{ made: T[], unsent: Unsent[] }} */
  const all = { made: [], unsent: [] };
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
      const sent = await sendFile(file, pipeline, (done, isWaiting) => {
        bar.value = done;
        const words = isWaiting ? "つながるのを待っています。つながれば続きから送ります。" : "";
        if (words && note.textContent !== words) say(words);
        note.textContent = words;
      });
      all.made.push(await use(sent));
      bar.value = file.size;
      note.textContent = "送りました";
    } catch (error) {
      const sentence = error instanceof Refused ? error.sentence : "送れませんでした。もう一度選んでください。";
      all.unsent.push({ name: file.name, sentence });
      note.textContent = "送れませんでした";
    }
  }
  return all;
}

/** Starts a job on a file that has come, once however often it is asked for: its id. @param {Sent} sent @param {string} pipeline */
export async function startJob({ document, upload, file }, pipeline) {
  const headers = { "idempotency-key": `page-${upload}` };
  try {
    const started = await call("POST", "/v1/jobs", { body: { document_id: document, pipeline }, headers });
    forget(file);
    /** @type {{ id: string }} */
    const job = await started.json();
    return job.id;
  } catch (error) {
    // Somebody has deleted it meanwhile: the next time it is sent anew.
    if (error instanceof Refused && error.status === 404) forget(file);
    throw error;
  }
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
