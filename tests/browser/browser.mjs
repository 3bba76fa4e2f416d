// @ts-check
/** Debian's Chromium, driven; axe on a page; a picture of a page. */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { PASSWORD, ROOT, SHOTS } from "./service.mjs";

/**
 * @typedef {import("playwright-core").Browser} Browser
 * @typedef {import("playwright-core").Page} Page
 */

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** The smallest screen of the office. */
const SCREEN = { width: 1366, height: 768 };
const SWITCHES = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** @param {string[]} [further] Switches. @returns {Promise<Browser>} */
export function launch(further = []) {
  const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: [...SWITCHES, ...further] });
}

/**
 * A page of a person who is not signed in. Whatever it asks of another host fails the test, and so does an error of
 * a script or a policy.
 * @param {Browser} browser @param {string} base
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
export async function newcomer(browser, base, options = {}) {
  const context = await browser.newContext({ viewport: SCREEN, locale: "ja-JP", timezoneId: "UTC", ...options });
  const page = await context.newPage();
  /** @type {string[]} */
  const troubles = [];
  page.on("request", (request) => {
    const { url } = { url: request.url() };
    if (!url.startsWith(base) && !url.startsWith("blob:") && !url.startsWith("data:")) troubles.push(`asks ${url}`);
  });
  page.on("pageerror", (error) => troubles.push(String(error)));
  page.on("console", (message) => {
    if (/Content Security Policy|Refused to/i.test(message.text())) troubles.push(message.text());
  });
  if (process.env["SHOKI_ASSETS"]) await useAssetsOfTree(page);
  return { page, context, troubles };
}

/** Styles and scripts as they lie in the tree, to work on them without a build. @param {Page} page */
async function useAssetsOfTree(page) {
  const home = join(ROOT, "crates/api/assets");
  const served = readFileSync(join(ROOT, "crates/api/src/pages/assets.rs"), "utf8");
  const parts = [...served.matchAll(/assets\/(\w+)\.css"/g)].map((found) => found[1] ?? "");
  await page.route("**/assets/**", (route) => {
    const name = new URL(route.request().url()).pathname.split("/").slice(3).join("/");
    if (name === "desk.css") {
      const body = parts.map((part) => readFileSync(join(home, `${part}.css`), "utf8")).join("");
      return route.fulfill({ body, contentType: "text/css; charset=utf-8" });
    }
    const contentType = name.endsWith(".svg") ? "image/svg+xml" : "text/javascript; charset=utf-8";
    return route.fulfill({ body: readFileSync(join(home, name), "utf8"), contentType });
  });
}

/**
 * @param {Browser} browser @param {string} base @param {string} name
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
export async function signedIn(browser, base, name, options = {}) {
  const visit = await newcomer(browser, base, options);
  await visit.page.goto(base);
  await enter(visit.page, name, PASSWORD);
  await visit.page.waitForURL(`${base}/`);
  return visit;
}

/** @param {Page} page @param {string} name @param {string} password */
export async function enter(page, name, password) {
  await page.getByLabel("職員名").fill(name);
  await page.getByLabel("パスワード").fill(password);
  await page.keyboard.press("Enter");
}

/** No violation of WCAG 2.2 A and AA nor of axe's best practices; and a picture of the page. @param {Page} page @param {string} name */
export async function look(page, name) {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    // @ts-expect-error: the script just evaluated defines it
    const result = await window.axe.run(document, { resultTypes: ["violations"] });
    return result.violations.map((/** @type {any} */ one) => ({
      id: one.id,
      help: one.help,
      nodes: one.nodes.map((/** @type {any} */ node) => `${node.html.slice(0, 160)} ${node.failureSummary}`),
    }));
  });
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
  assert.deepEqual(found, [], `axe on ${name}`);
}
