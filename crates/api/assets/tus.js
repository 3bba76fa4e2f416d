// @ts-check
/** A file in pieces (tus 1.0.0): after a lost connection or a restart of the service it goes on where it stood. */

import { Refused, call } from "./api.js";
import { fingerprint, forget, keep, recall } from "./kept.js";

/** Bytes of a piece: some seconds on a slow line. */
const PIECE = 4 * 1024 * 1024;
/** Pauses between two tries, milliseconds; the last again and again. */
const PAUSES = [500, 1000, 2000, 5000, 10_000];
/** A connection that does not come back, milliseconds. */
const PATIENCE = 15 * 60_000;
export const TUS = { "tus-resumable": "1.0.0" };

/** @param {string} text */
function coded(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** Whether another try may help. @param {unknown} error */
function isPassing(error) {
  return error instanceof Refused && (error.status === 0 || error.status === 408 || error.status === 409 || error.status === 429 || error.status >= 500);
}

/** @param {string | null} told Pairs of `key <base64>`. */
function nameOf(told) {
  const coded = told?.split(",").map((pair) => pair.trim().split(" ")).find(([key]) => key === "filename")?.[1];
  return coded ? new TextDecoder().decode(Uint8Array.from(atob(coded), (char) => char.charCodeAt(0))) : "";
}

/**
 * How far an upload has come; `null` when there is none any more, or none of this person.
 * @typedef {{ at: number, length: number, name: string, document: string | null }} Standing
 * @param {string} place @returns {Promise<Standing | null>}
 */
export async function standing(place) {
  try {
    const { headers } = await call("HEAD", place, { headers: TUS });
    return {
      at: Number(headers.get("upload-offset")),
      length: Number(headers.get("upload-length")),
      name: nameOf(headers.get("upload-metadata")),
      document: headers.get("shoki-document"),
    };
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}

/** @param {number} time */
const pause = (time) => new Promise((done) => setTimeout(done, time));

/**
 * Sends a file, or what is missing of it: the document that it becomes, and what is to be forgotten once that was used.
 * @typedef {{ document: string, upload: string, file: string }} Sent
 * @param {File} file
 * @param {string} pipeline
 * @param {(done: number, isWaiting: boolean) => void} onProgress
 * @returns {Promise<Sent>}
 */
export async function sendFile(file, pipeline, onProgress) {
  const known = await fingerprint(file, pipeline);
  const kept = recall(known);
  const found = kept && (await persistent(onProgress, 0, () => standing(kept.place)));
  const isThis = found?.length === file.size;
  const place = isThis && kept ? kept.place : await begin(file, pipeline, known, onProgress);
  /** @param {string} document @returns {Sent} */
  const sent = (document) => ({ document, upload: place.slice(place.lastIndexOf("/") + 1), file: known });
  let at = isThis ? found.at : 0;
  onProgress(at, false);
  if (isThis && found.document) return sent(found.document);
  try {
    for (;;) {
      const answer = await persistent(onProgress, at, async (tries) => {
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
      if (document) return sent(document);
    }
  } catch (error) {
    // What can never be taken is not gone on with; what a lost connection left is.
    if (!isPassing(error)) forget(known);
    throw error;
  }
}

/** @param {File} file @param {string} pipeline @param {string} known @param {(done: number, isWaiting: boolean) => void} onProgress */
async function begin(file, pipeline, known, onProgress) {
  const told = `filename ${coded(file.name)},pipeline ${coded(pipeline)}`;
  const begun = await persistent(onProgress, 0, () =>
    call("POST", "/v1/uploads", { headers: { ...TUS, "upload-length": String(file.size), "upload-metadata": told } }),
  );
  const place = begun.headers.get("location") ?? "";
  keep(known, { place, pipeline });
  return place;
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
