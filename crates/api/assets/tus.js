// @ts-check
/** A file in pieces (tus 1.0.0): after a lost connection or a restart of the service it goes on where it stood. */

import { Refused, call } from "./api.js";

/** Bytes of a piece: some seconds on a slow line. */
const PIECE = 4 * 1024 * 1024;
/** Pauses between two tries, milliseconds; the last again and again. */
const PAUSES = [500, 1000, 2000, 5000, 10_000];
/** A connection that does not come back, milliseconds. */
const PATIENCE = 15 * 60_000;
const TUS = { "tus-resumable": "1.0.0" };

/** @param {string} text */
function coded(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** Whether another try may help. @param {unknown} error */
function isPassing(error) {
  return error instanceof Refused && (error.status === 0 || error.status === 408 || error.status === 409 || error.status === 429 || error.status >= 500);
}

/** @param {number} time */
const pause = (time) => new Promise((done) => setTimeout(done, time));

/**
 * Sends a file; the id of the document that it becomes.
 * @param {File} file
 * @param {string} pipeline
 * @param {(done: number, isWaiting: boolean) => void} onProgress
 * @returns {Promise<string>}
 */
export async function sendFile(file, pipeline, onProgress) {
  const told = `filename ${coded(file.name)},pipeline ${coded(pipeline)}`;
  const begun = await persistent(onProgress, 0, () =>
    call("POST", "/v1/uploads", { headers: { ...TUS, "upload-length": String(file.size), "upload-metadata": told } }),
  );
  const place = begun.headers.get("location") ?? "";
  let at = 0;
  for (;;) {
    const from = at;
    const answer = await persistent(onProgress, from, async (tries) => {
      // After a failure only the service knows what has come.
      if (tries > 0) {
        const shown = await call("HEAD", place, { headers: TUS });
        at = Number(shown.headers.get("upload-offset"));
        if (shown.headers.has("shoki-document")) return shown;
      }
      const headers = { ...TUS, "upload-offset": String(at), "content-type": "application/offset+octet-stream" };
      return call("PATCH", place, { headers, file: file.slice(at, at + PIECE) });
    });
    at = Number(answer.headers.get("upload-offset"));
    onProgress(at, false);
    const document = answer.headers.get("shoki-document");
    if (document) return document;
  }
}

/**
 * Tries until it succeeds, as long as trying may help.
 * @template T
 * @param {(done: number, isWaiting: boolean) => void} onProgress
 * @param {number} at
 * @param {(tries: number) => Promise<T>} step
 * @returns {Promise<T>}
 */
async function persistent(onProgress, at, step) {
  const until = Date.now() + PATIENCE;
  for (let tries = 0; ; tries += 1) {
    try {
      return await step(tries);
    } catch (error) {
      if (!isPassing(error) || Date.now() > until) throw error;
      onProgress(at, true);
      await pause(PAUSES[Math.min(tries, PAUSES.length - 1)] ?? 0);
    }
  }
}
