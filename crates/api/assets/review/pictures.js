// @ts-check
/**
 * Pictures of fields and pages, fetched before they are shown. Nothing keeps them but this page: the answers say
 * `no-store`, and the addresses in memory are given up with their sheet.
 *
 * @typedef {{ fields: { key: string, quad: [number, number][] }[] }} Places
 */

import { call } from "../api.js";

export class Pictures {
  /** @type {Map<string, Promise<string | null>>} */
  #pictures = new Map();
  /** @type {Map<number, Promise<Places | null>>} */
  #places = new Map();

  /** @param {string} job */
  constructor(job) {
    this.job = job;
  }

  /** Address of a field's picture; `null` when there is none. @param {number} page @param {string} key */
  crop(page, key) {
    return this.#picture(page, `crops/${encodeURIComponent(key)}`);
  }

  /** Address of a page's picture; `null` when there is none. @param {number} page */
  page(page) {
    return this.#picture(page, "image");
  }

  /** A masked field's picture, for a reason. @param {number} page @param {string} key @param {string} reason */
  async reveal(page, key, reason) {
    const part = `crops/${encodeURIComponent(key)}`;
    const path = `/v1/jobs/${this.job}/pages/${page}/${part}/reveal`;
    const answer = call("POST", path, { body: { reason } });
    this.#pictures.set(`${page}/${part}`, answer.then(address, () => null));
    await answer;
  }

  /** Gives up the picture of a field. @param {number} page @param {string} key */
  forget(page, key) {
    const name = `${page}/crops/${encodeURIComponent(key)}`;
    const picture = this.#pictures.get(name);
    this.#pictures.delete(name);
    void picture?.then((url) => url && URL.revokeObjectURL(url));
  }

  /** Where the fields of a page lie. @param {number} page @returns {Promise<Places | null>} */
  places(page) {
    let places = this.#places.get(page);
    if (!places) {
      const answer = call("GET", `/v1/jobs/${this.job}/pages/${page}/places`);
      places = answer.then((found) => found.json()).catch(() => {
        this.#places.delete(page);
        return null;
      });
      this.#places.set(page, places);
    }
    return places;
  }

  /** Fetches what a sheet will show. @param {number} page @param {string[]} keys */
  prepare(page, keys) {
    void this.page(page);
    void this.places(page);
    for (const key of keys) void this.crop(page, key);
  }

  /** Gives up what is of no other page. @param {number[]} pages */
  keepOnly(pages) {
    for (const [name, picture] of this.#pictures) {
      if (pages.includes(Number(name.split("/")[0]))) continue;
      this.#pictures.delete(name);
      void picture.then((url) => url && URL.revokeObjectURL(url));
    }
  }

  /** @param {number} page @param {string} part @returns {Promise<string | null>} */
  #picture(page, part) {
    const name = `${page}/${part}`;
    let picture = this.#pictures.get(name);
    if (!picture) {
      picture = call("GET", `/v1/jobs/${this.job}/pages/${name}`).then(address, () => {
        // Asked for again the next time it is to be shown.
        this.#pictures.delete(name);
        return null;
      });
      this.#pictures.set(name, picture);
    }
    return picture;
  }
}

/** @param {Response} answer */
async function address(answer) {
  const url = URL.createObjectURL(await answer.blob());
  // Decoded now, so that showing it takes no time.
  const image = new Image();
  image.src = url;
  await image.decode().catch(() => undefined);
  return url;
}
