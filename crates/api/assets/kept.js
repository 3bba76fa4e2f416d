// @ts-check
/**
 * Uploads that this browser has begun and not finished, so that they go on after the page was closed or loaded anew.
 * Kept is where each goes on, under a hash of what the file is called, how large and how old it is: never a name.
 *
 * @typedef {{ place: string, pipeline: string }} Kept
 */

const PREFIX = "shoki-upload-";

/** What a file is known by, from one visit to the next. @param {File} file @param {string} pipeline */
export async function fingerprint(file, pipeline) {
  const told = [pipeline, file.name, file.size, file.lastModified].join("\n");
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(told));
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} file Its fingerprint. @param {Kept} kept */
export function keep(file, kept) {
  try {
    localStorage.setItem(PREFIX + file, JSON.stringify(kept));
  } catch {
    // A browser that keeps nothing sends the file from its beginning another time.
  }
}

/** @param {string} file Its fingerprint. @returns {Kept | null} */
export function recall(file) {
  try {
    const kept = JSON.parse(localStorage.getItem(PREFIX + file) ?? "null");
    return typeof kept?.place === "string" && /^\/v1\/uploads\/[0-9a-f-]{36}$/.test(kept.place) ? kept : null;
  } catch {
    return null;
  }
}

/** @param {string} file Its fingerprint. */
export function forget(file) {
  try {
    localStorage.removeItem(PREFIX + file);
  } catch {
    // Nothing is kept, then.
  }
}

/** Those of a pipeline, by fingerprint. @param {string} pipeline @returns {Map<string, Kept>} */
export function unfinished(pipeline) {
  /** @type {Map<string, Kept>} */
  const found = new Map();
  try {
    for (const key of Object.keys(localStorage)) {
      const file = key.startsWith(PREFIX) ? key.slice(PREFIX.length) : "";
      const kept = file ? recall(file) : null;
      if (kept?.pipeline === pipeline) found.set(file, kept);
    }
  } catch {
    // Nothing is kept, then.
  }
  return found;
}
