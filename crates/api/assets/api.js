// @ts-check
/**
 * Requests to this service as the signed-in person, and what is said when one is refused.
 *
 * @typedef {{ title: string, detail?: string, action: string, code: string, request_id?: string,
 *   segment?: { id: number, text: string, version: number } }} Problem
 * @typedef {{ body?: unknown, file?: Blob, version?: number, isBackground?: boolean,
 *   headers?: Record<string, string> }} Options
 */

const token = document.querySelector('meta[name="csrf"]')?.getAttribute("content") ?? "";

/** @type {Problem} */
const OFFLINE = {
  title: "サーバーにつながりません。",
  action: "通信の状態を確認してください。入力した内容はこの画面に残っています。",
  code: "offline",
};

/** @type {Problem} */
const UNKNOWN = {
  title: "うまくいきませんでした。",
  action: "時間をおいてやり直し、続く場合はシステム管理者に連絡してください。",
  code: "unknown",
};

/** A request that was refused, in words for the person. */
export class Refused extends Error {
  /** @param {number} status @param {Problem} problem */
  constructor(status, problem) {
    super(problem.code);
    this.status = status;
    this.problem = problem;
  }

  /** Title, place and what to do. */
  get sentence() {
    const { title, detail, action, request_id } = this.problem;
    const number = request_id && this.status >= 500 ? `(受付番号 ${request_id})` : "";
    return `${title}${detail ?? ""}${action}${number}`;
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<Response>}
 */
export async function call(method, path, options = {}) {
  const headers = new Headers(options.headers);
  if (method !== "GET") headers.set("x-csrf-token", token);
  if (options.body !== undefined) headers.set("content-type", "application/json");
  if (options.file && !headers.has("content-type")) headers.set("content-type", "application/octet-stream");
  if (options.isBackground) headers.set("x-shoki-background", "1");
  if (options.version !== undefined) headers.set("if-match", `"${options.version}"`);
  /** @type {Response} */
  let response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: options.file ?? (options.body === undefined ? null : JSON.stringify(options.body)),
    });
  } catch {
    throw new Refused(0, OFFLINE);
  }
  if (response.ok) return response;
  if (response.status === 401) {
    // Somebody left the desk for too long: sign in, and come back here.
    location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
  throw new Refused(response.status, await problemOf(response));
}

/** @param {Response} response @returns {Promise<Problem>} */
async function problemOf(response) {
  try {
    const body = await response.json();
    return typeof body?.title === "string" ? body : UNKNOWN;
  } catch {
    return UNKNOWN;
  }
}

/**
 * Says something to whoever listens to the page instead of looking at it.
 * @param {string} sentence
 */
export function say(sentence) {
  const place = document.getElementById("said");
  if (place) place.textContent = sentence;
}

/**
 * A page of this service as a document.
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<Document>}
 */
export async function pageOf(path, options = {}) {
  const response = await call("GET", path, options);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}
