// @ts-check
/** What was begun in this browser and not finished: said above the form, to go on with or to give up. */

import { call } from "./api.js";
import { forget, unfinished } from "./kept.js";
import { TUS, standing } from "./tus.js";

/** Lists them; those that are over, or another person's, are forgotten. @param {HTMLElement} home @param {string} pipeline */
export async function showUnfinished(home, pipeline) {
  /** @type {HTMLLIElement[]} */
  const rows = [];
  for (const [file, { place }] of unfinished(pipeline)) {
    const found = await standing(place).catch(() => undefined);
    if (found === null) forget(file);
    if (found) rows.push(rowOf(file, place, found));
  }
  home.querySelector("[data-unfinished]")?.remove();
  if (!rows.length) return;
  const notice = document.createElement("div");
  notice.className = "notice";
  notice.dataset["unfinished"] = "";
  const sentence = document.createElement("p");
  sentence.textContent = "送り終わっていないファイルがあります。同じファイルをもう一度選んで送ると、続きから送ります。";
  const list = document.createElement("ul");
  list.append(...rows);
  notice.append(sentence, list);
  home.prepend(notice);
}

/** @param {string} file @param {string} place @param {import("./tus.js").Standing} found */
function rowOf(file, place, found) {
  const row = document.createElement("li");
  const share = Math.floor((found.at / found.length) * 100);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  button.textContent = "やめる";
  button.setAttribute("aria-label", `やめる: ${found.name}`);
  button.addEventListener("click", () => {
    forget(file);
    call("DELETE", place, { headers: TUS }).catch(() => undefined);
    const notice = row.closest("[data-unfinished]");
    row.remove();
    if (!notice?.querySelector("li")) notice?.remove();
  });
  row.append(`${found.name}(${share} % まで届いています) `, button);
  return row;
}
