// @ts-check
/**
 * Every page of the site at 200 % zoom, at 320 CSS pixels and in forced colours: nothing scrolls sideways but tables,
 * charts and pictures in their own place, no text is cut, every control can be reached, what has the focus is seen.
 */

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { look, newcomer, signedIn } from "./browser.mjs";
import { SHOTS } from "./service.mjs";

/** 1366×768 at 200 %: zoom halves the CSS pixels and doubles those of the device. */
const DOUBLED = { viewport: { width: 683, height: 384 }, deviceScaleFactor: 2 };
/** 1280 pixels at 400 % (WCAG 2.2 §1.4.10). */
const NARROW = { viewport: { width: 320, height: 640 } };
/** Longest time for all pages, milliseconds. */
const ALL = 600_000;
const QUESTION = "子どもの通院でいくら払えばいいですか";

/**
 * @typedef {import("./browser.mjs").Page} Page
 * @typedef {{ name: string, path: string, ready?: string }} Place
 */

/** Every page that a 担当者 has, with what stands there when it is whole. @param {import("./desk.test.mjs").Scene} scene @returns {Promise<Place[]>} */
async function places(scene) {
  const { office } = scene;
  const job = scene.job;
  const jobs = async (/** @type {string} */ pipeline) =>
    (await office.api(`/v1/jobs?pipeline=${pipeline}&limit=50`)).items.filter((/** @type {any} */ one) => one.state === "succeeded");
  const meeting = (await jobs("minutes"))[0]?.id;
  let open = job;
  for (const one of await jobs("forms")) {
    const review = await office.api(`/v1/jobs/${one.id}/review`);
    if (review.sheets_done < review.sheets_total) open = one.id;
  }
  const form = (await office.api("/v1/office-forms"))[0]?.id;
  const asked = await post(office, "/v1/questions", { text: QUESTION });
  const source = asked.hits[0]?.source_id;
  const faq = await post(office, "/v1/faq", { question: QUESTION, answer: "通院は1回200円です。" });
  const live = await post(office, "/v1/live", { minutes: { title: "拡大の確認" } });
  for (const [what, id] of Object.entries({ job, meeting, form, source, faq: faq.id, live: live.id })) assert.ok(id, `there is a ${what}`);
  return [
    { name: "home", path: "/" },
    { name: "read", path: "/read" },
    { name: "jobs", path: "/jobs" },
    { name: "job", path: `/jobs/${job}` },
    { name: "tray", path: `/jobs/${job}/tray` },
    { name: "check", path: `/jobs/${open}/check`, ready: "#at-label" },
    { name: "grid", path: `/jobs/${open}/grid`, ready: "shoki-grid select" },
    { name: "outputs", path: `/jobs/${job}/outputs` },
    { name: "audits", path: "/audits" },
    { name: "acceptance", path: "/acceptance" },
    { name: "forms", path: "/forms" },
    { name: "form-editor", path: `/forms/${form}`, ready: ".form-fields" },
    { name: "meetings", path: "/meetings" },
    { name: "meeting", path: `/meetings/${meeting}`, ready: "shoki-meeting[loaded]" },
    { name: "live", path: "/live" },
    { name: "live-session", path: `/live/${live.id}` },
    { name: "live-screen", path: `/live/${live.id}/screen` },
    { name: "law", path: "/law" },
    { name: "law-answer", path: `/law?q=${encodeURIComponent(QUESTION)}` },
    { name: "law-sources", path: "/law/sources" },
    { name: "law-text", path: `/law/sources/${source}` },
    { name: "law-difference", path: `/law/difference/${source}` },
    { name: "law-slip", path: `/law/questions/${asked.id}/slip` },
    { name: "law-faq", path: "/law/faq" },
    { name: "law-faq-entry", path: `/law/faq/${faq.id}` },
    { name: "law-favourites", path: "/law/favourites" },
    { name: "law-history", path: "/law/history" },
    { name: "practice", path: "/practice" },
    { name: "results", path: "/results" },
    { name: "nowhere", path: "/nowhere" },
  ];
}

/** Those of a 課管理者 besides. @type {Place[]} */
const ADMIN = [
  { name: "office", path: "/office" },
  { name: "office-people", path: "/office/people" },
  { name: "office-audit", path: "/office/audit" },
];

/** @param {import("./service.mjs").Office} office @param {string} path @param {unknown} body */
function post(office, path, body) {
  return office.api(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

/** @param {Page} page @param {string} base @param {Place} place */
async function visit(page, base, place) {
  await page.goto(base + place.path);
  if (place.ready) await page.locator(place.ready).first().waitFor();
  // Pictures and lists that scripts bring; nothing is waited for that may never come.
  await page.waitForTimeout(400);
}

/** @param {import("./desk.test.mjs").Scene} scene */
export function zoom(scene) {
  /** @type {Place[]} */
  let all = [];

  for (const [name, size] of Object.entries({ "200": DOUBLED, "320": NARROW })) {
    test(`every page at ${name === "200" ? "200 % zoom" : "320 CSS pixels"}`, { timeout: ALL }, async () => {
      const { base } = scene.office;
      if (!all.length) all = await places(scene);
      const stranger = await newcomer(scene.browser, base, size);
      /** @type {Record<string, string[]>} */
      const found = {};
      await visit(stranger.page, base, { name: "sign-in", path: "/sign-in" });
      found["sign-in"] = await stranger.page.evaluate(crampedParts);
      await look(stranger.page, `zoom-${name}-sign-in`);
      await stranger.context.close();
      for (const [person, own] of Object.entries({ 佐藤: all, 渡辺: ADMIN })) {
        const { page, context } = await signedIn(scene.browser, base, person, size);
        for (const place of own) {
          await visit(page, base, place);
          found[place.name] = await page.evaluate(crampedParts);
          await look(page, `zoom-${name}-${place.name}`);
        }
        await context.close();
      }
      const cramped = Object.entries(found).filter(([, parts]) => parts.length);
      assert.deepEqual(Object.fromEntries(cramped), {});
    });
  }

  test("a table that is wider than the window is scrolled by keys", async () => {
    const { base } = scene.office;
    const { page, context } = await signedIn(scene.browser, base, "佐藤", NARROW);
    await page.goto(`${base}/jobs`);
    const table = page.locator("#jobs");
    await page.waitForFunction(() => document.getElementById("jobs")?.tabIndex === 0);
    await table.focus();
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => (document.getElementById("jobs")?.scrollLeft ?? 0) > 0);
    await page.setViewportSize({ width: 1366, height: 768 });
    await page.waitForFunction(() => !document.getElementById("jobs")?.hasAttribute("tabindex"));
    await context.close();
  });

  test("every page in forced colours shows what has the focus and where one is", { timeout: ALL }, async () => {
    const { base } = scene.office;
    if (!all.length) all = await places(scene);
    mkdirSync(SHOTS, { recursive: true });
    /** @type {Record<string, string[]>} */
    const found = {};
    for (const [person, own] of Object.entries({ 佐藤: all, 渡辺: ADMIN })) {
      const { page, context } = await signedIn(scene.browser, base, person);
      await page.emulateMedia({ forcedColors: "active" });
      for (const place of own) {
        await visit(page, base, place);
        assert.ok(await page.evaluate(() => matchMedia("(forced-colors: active)").matches));
        await page.screenshot({ path: join(SHOTS, `forced-${place.name}.png`) });
        // What scripts give the focus to is shown as by a key once a key was the last that came.
        await page.keyboard.press("Tab");
        found[place.name] = await page.evaluate(unseenParts);
      }
      await context.close();
    }
    const unseen = Object.entries(found).filter(([, parts]) => parts.length);
    assert.deepEqual(Object.fromEntries(unseen), {});
    const headers = { authorization: `Bearer ${scene.office.token}` };
    for (const one of await scene.office.api("/v1/live")) {
      if (one.title === "拡大の確認") await fetch(`${base}/v1/live/${one.id}/end`, { method: "POST", headers });
    }
  });
}

/** From the page: what is cut off, covered, or makes the page scroll sideways. */
function crampedParts() {
  /** Controls looked at on one page. */
  const MOST = 300;
  const root = document.documentElement;
  /** @type {string[]} */
  const found = [];
  const named = (/** @type {Element} */ one) =>
    `${one.tagName.toLowerCase()}${one.id ? `#${one.id}` : ""}.${[...one.classList].join(".")} ${(one.textContent ?? "").trim().slice(0, 30)}`;
  const isShown = (/** @type {Element} */ one) => {
    const { width, height } = one.getBoundingClientRect();
    return one.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true }) && width > 1 && height > 1;
  };
  const all = [...document.body.querySelectorAll("*")].filter((one) => one instanceof HTMLElement && isShown(one) && !one.closest(".unseen, .skip"));
  /** Whether something around it scrolls sideways. @param {Element} one */
  const isInScroller = (one) => {
    for (let at = one.parentElement; at && at !== document.body; at = at.parentElement) {
      if (getComputedStyle(at).overflowX !== "visible") return true;
    }
    return false;
  };
  if (root.scrollWidth > root.clientWidth) found.push(`the page is ${root.scrollWidth} wide, the window ${root.clientWidth}`);
  const focusable = 'a[href], button:not([tabindex="-1"]), input, select, textarea, summary, [tabindex="0"]';
  for (const one of all) {
    const { left, right } = one.getBoundingClientRect();
    if ((left < -1 || right > root.clientWidth + 1) && !isInScroller(one)) found.push(`beside the window: ${named(one)}`);
    const style = getComputedStyle(one);
    const isWider = one.scrollWidth > one.clientWidth + 1;
    const isHigher = one.scrollHeight > one.clientHeight + 1;
    if (!isWider && !isHigher) continue;
    const clips = (/** @type {string} */ overflow) => overflow === "hidden" || overflow === "clip";
    const isCut = (isWider && clips(style.overflowX)) || (isHigher && clips(style.overflowY));
    if (isCut && (one.textContent ?? "").trim() && !one.matches("select, option, textarea, audio")) found.push(`cut off: ${named(one)}`);
    const scrolls = isWider && ["auto", "scroll"].includes(style.overflowX);
    const takesFocus = one.matches(focusable) || one.querySelector(focusable) !== null;
    if (scrolls && !takesFocus) found.push(`scrolls sideways without the keyboard: ${named(one)}`);
    if (isWider && one.matches("button, .button")) found.push(`a button too narrow for its words: ${named(one)}`);
  }
  const controls = all.filter((one) => one.matches("a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary"));
  for (const one of controls.slice(0, MOST)) {
    one.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const box = one.getClientRects()[0];
    if (!box) continue;
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const hit = document.elementFromPoint(x, y);
    if (!hit) found.push(`out of reach: ${named(one)}`);
    else if (hit !== one && !one.contains(hit) && !hit.contains(one)) found.push(`covered by ${named(hit)}: ${named(one)}`);
  }
  scrollTo(0, 0);
  return [...new Set(found)].slice(0, 12);
}

/** From the page, in forced colours: what takes the focus without showing it, and menus in which everything is marked. */
function unseenParts() {
  const MOST = 200;
  /** @type {string[]} */
  const found = [];
  const named = (/** @type {Element} */ one) => `${one.tagName.toLowerCase()}#${one.id}.${[...one.classList].join(".")}`;
  const stops = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
    .filter((one) => (one instanceof HTMLElement || one instanceof SVGElement) && one.tabIndex >= 0)
    .filter((one) => one.checkVisibility({ checkVisibilityCSS: true }) && !one.matches(":disabled"));
  for (const one of stops.slice(0, MOST)) {
    if (!(one instanceof HTMLElement || one instanceof SVGElement)) continue;
    one.focus({ preventScroll: true });
    if (document.activeElement !== one) continue;
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(one);
    const isSeen = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && !/, 0\)$|transparent/.test(outlineColor);
    if (!isSeen) found.push(`the focus is not seen: ${named(one)} ${outlineStyle} ${outlineWidth} ${outlineColor}`);
  }
  for (const menu of document.querySelectorAll(".bar nav, nav.tabs")) {
    const colour = (/** @type {Element} */ link) => getComputedStyle(link).borderBottomColor;
    const here = menu.querySelector("a[aria-current]");
    const others = [...menu.querySelectorAll("a:not([aria-current])")];
    if (here && others.some((link) => colour(link) === colour(here))) found.push("every entry of a menu is marked");
  }
  return [...new Set(found)].slice(0, 12);
}
