// @ts-check
/** 帳票: from the upload to the file, by keyboard; the review; two people; a lost server; an IME. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { look, newcomer, signedIn } from "./browser.mjs";
import { sample } from "./service.mjs";

/** Longest wait for a stack to be read, milliseconds: the dev build is slow. */
const READ = 300_000;

/** @typedef {import("./browser.mjs").Page} Page */

/** Where the review is. @param {Page} page */
const place = (page) =>
  page.evaluate(() => ({
    label: document.getElementById("at-label")?.textContent ?? "",
    isEnd: document.querySelector(".ended") !== null,
    isDone: document.getElementById("all-done") !== null,
    isTyped: document.querySelector("input#value") !== null,
    sheet: document.querySelector(".check-head h2")?.textContent ?? "",
  }));

/** Until everything decided is saved. @param {Page} page */
const saved = (page) => page.waitForFunction(() => document.getElementById("saved")?.textContent === "保存済み");

/** @param {import("./desk.test.mjs").Scene} scene */
export function forms(scene) {
  test("a stack comes in by the form, is read, and shows what is to be looked at", { timeout: READ }, async () => {
    const { base } = scene.office;
    const { page, troubles, context } = await signedIn(scene.browser, base, "佐藤");
    await look(page, "home-empty");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.className), "skip");
    await page.locator("#start-read").focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(`${base}/read`);
    await page.locator("#file").setInputFiles(sample("demo.pdf"));
    await look(page, "read");
    await page.locator("#submit").focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/);
    scene.job = page.url().slice(-36);
    await look(page, "job-running");
    await page.locator("#check").waitFor({ timeout: READ });
    await look(page, "job-read");
    await page.goto(base);
    await look(page, "home");
    await page.goto(`${base}/jobs`);
    await look(page, "jobs");
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test("a file that is nothing is refused in words, and nothing is lost", async () => {
    const { base } = scene.office;
    const { page, context } = await signedIn(scene.browser, base, "佐藤");
    await page.goto(`${base}/read`);
    await page.locator("#file").setInputFiles({ name: "memo.txt", mimeType: "text/plain", buffer: Buffer.from("x") });
    await page.locator("#submit").click();
    await page.locator("#refused").waitFor();
    assert.match((await page.locator("#refused").textContent()) ?? "", /memo\.txt/);
    await look(page, "read-refused");
    await context.close();
  });

  test("without scripts a stack comes in and its list is read", async () => {
    const { base } = scene.office;
    const { page, context } = await newcomer(scene.browser, base, { javaScriptEnabled: false });
    await page.goto(`${base}/read`);
    await page.getByLabel("職員名").fill("佐藤");
    await page.getByLabel("パスワード").fill("春の桜と秋の紅葉 2026");
    await page.locator("#enter").click();
    await page.locator("#file").setInputFiles({ name: "memo.txt", mimeType: "text/plain", buffer: Buffer.from("x") });
    await page.locator("#submit").click();
    assert.match((await page.locator("#refused").textContent()) ?? "", /memo\.txt/);
    await page.goto(`${base}/jobs?kind=forms&state=done`);
    assert.equal(await page.locator("#jobs tbody tr").count(), 1);
    await context.close();
  });

  test("two people have different sheets, and a sheet given back is free", async () => {
    const { base } = scene.office;
    const [one, other] = [
      await signedIn(scene.browser, base, "佐藤"),
      await signedIn(scene.browser, base, "鈴木"),
    ];
    for (const { page } of [one, other]) {
      await page.goto(`${base}/jobs/${scene.job}/check`);
      await page.locator("#at-label").waitFor();
    }
    const [mine, hers] = [await place(one.page), await place(other.page)];
    assert.notEqual(mine.sheet, hers.sheet);
    await other.page.getByRole("link", { name: "中断" }).click();
    await other.page.waitForURL(`${base}/jobs/${scene.job}`);
    for (const { context } of [one, other]) await context.close();
  });

  test("an IME's keys decide nothing", async () => {
    const { base } = scene.office;
    const { page, context } = await signedIn(scene.browser, base, "佐藤");
    await page.goto(`${base}/jobs/${scene.job}/check`);
    await page.locator("#at-label").waitFor();
    const before = await place(page);
    await page.keyboard.press("F2");
    await page.locator("input#value").waitFor();
    await look(page, "check-edit");
    await page.locator("input#value").fill("");
    const client = await context.newCDPSession(page);
    await client.send("Input.imeSetComposition", { text: "にほん", selectionStart: 3, selectionEnd: 3 });
    const key = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 229 };
    for (const type of /** @type {const} */ (["rawKeyDown", "keyUp"])) await client.send("Input.dispatchKeyEvent", { type, ...key });
    await page.evaluate(() => {
      const input = document.querySelector("input#value");
      for (const key of ["Enter", "F8", "F9"]) {
        input?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, isComposing: true }));
      }
    });
    assert.deepEqual(await place(page), { ...before, isTyped: true });
    await client.send("Input.insertText", { text: "日本" });
    assert.equal(await page.locator("input#value").inputValue(), "日本");
    await page.keyboard.press("Escape");
    assert.equal((await place(page)).label, before.label);
    await context.close();
  });

  test("a server that goes away in the middle of a word costs no word", { timeout: READ }, async () => {
    const { base } = scene.office;
    const { page, context } = await signedIn(scene.browser, base, "佐藤");
    await page.goto(`${base}/jobs/${scene.job}/check`);
    await page.locator("#at-label").waitFor();
    const before = await place(page);
    await scene.office.kill();
    await page.keyboard.press("F2");
    await page.locator("input#value").fill("書きかけの値");
    await page.keyboard.press("Enter");
    await page.locator("#trouble").waitFor();
    await look(page, "check-trouble");
    assert.equal((await place(page)).label, before.label, "back at the field");
    assert.equal(await page.locator("input#value").inputValue(), "書きかけの値");
    assert.equal(await page.locator("#saved").textContent(), "保存できていません");
    assert.equal(await page.locator(".fields [data-decided]").count(), 0, "nothing is shown as decided that is not kept");
    await scene.office.start();
    await page.keyboard.press("Enter");
    await saved(page);
    assert.equal(await page.locator("#trouble").count(), 0);
    await page.keyboard.press("Control+z");
    await page.waitForFunction((label) => document.getElementById("at-label")?.textContent === label, before.label);
    await saved(page);
    await context.close();
  });

  test("one field is decided over all sheets", async () => {
    const { base } = scene.office;
    const { page, troubles, context } = await signedIn(scene.browser, base, "佐藤");
    await page.goto(`${base}/jobs/${scene.job}/grid`);
    await page.locator(".cell").first().waitFor();
    await page.waitForTimeout(300);
    await look(page, "grid");
    const left = async () => Number((await page.locator("#left").textContent())?.replace(/[^0-9]/g, ""));
    const before = await left();
    await page.locator("#value-0").fill("まとめて直した値");
    await page.keyboard.press("Enter");
    await saved(page);
    assert.equal(await left(), before - 1);
    assert.match((await page.locator(".cell").first().locator("[data-mark]").textContent()) ?? "", /決定/);
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test("every flagged field is decided by keys, the sheets are finished, and the file holds it", { timeout: READ }, async () => {
    const { base } = scene.office;
    const { page, troubles, context } = await signedIn(scene.browser, base, "佐藤");
    await page.goto(`${base}/jobs/${scene.job}/check`);
    await page.locator("#at-label").waitFor();
    await page.waitForTimeout(500);
    await look(page, "check");
    await page.keyboard.press("?");
    await look(page, "keys");
    await page.keyboard.press("Escape");
    // A value of our own, a hold that is taken back, and a candidate where there is another.
    const first = await place(page);
    await page.keyboard.press("F2");
    await page.locator("input#value").fill("人が直した値");
    await page.keyboard.press("Enter");
    await saved(page);
    await page.keyboard.press("Shift+Enter");
    assert.equal((await place(page)).label, first.label);
    assert.equal(await page.locator("#exported").textContent(), "人が直した値");
    await page.keyboard.press("F8");
    await page.keyboard.press("Control+z");
    await page.waitForFunction((label) => document.getElementById("at-label")?.textContent === label, first.label);
    await page.waitForFunction(() => document.getElementById("exported")?.textContent === "人が直した値");
    await page.keyboard.press("Enter");
    await page.evaluate(measure);
    let fields = 0;
    for (let step = 0; step < 400; step += 1) {
      const now = await place(page);
      if (now.isDone) break;
      if (now.isEnd) {
        await saved(page);
        if (fields < 30) await look(page, "check-sheet-end");
        await page.keyboard.press("Control+Enter");
        await page.waitForFunction(
          (sheet) => document.getElementById("all-done") || document.querySelector(".check-head h2")?.textContent !== sheet,
          now.sheet,
        );
        await page.waitForTimeout(150);
        continue;
      }
      fields += 1;
      if (now.isTyped) await page.keyboard.press("F9");
      else await page.keyboard.press("Enter");
      await page.waitForFunction(() => /** @type {any} */ (window).stepIsOver());
    }
    assert.ok((await place(page)).isDone);
    await look(page, "check-done");
    const times = await page.evaluate(() => /** @type {any} */ (window).times);
    const sorted = times.sort((/** @type {number} */ a, /** @type {number} */ b) => a - b);
    const p95 = sorted[Math.ceil(sorted.length * 0.95) - 1];
    console.log(`next field: ${sorted.length} steps, median ${sorted[sorted.length >> 1].toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`);
    assert.ok(sorted.length >= 10, `${sorted.length} steps`);

    await page.locator("#to-outputs").click();
    await page.waitForURL(/\/jobs\/[0-9a-f-]{36}\/outputs$/);
    await page.goto(`${base}/jobs/${scene.job}`);
    await look(page, "job-done");
    const link = page.locator('a[href$="/standard/file"]');
    /** @type {string[]} */
    const files = [];
    for (const one of await link.all()) {
      const [download] = await Promise.all([page.waitForEvent("download"), one.press("Enter")]);
      files.push(readFileSync(await download.path(), "utf8"));
    }
    assert.ok(files.some((file) => file.includes("人が直した値")), "what was typed is in a file");
    assert.deepEqual(troubles, []);
    await context.close();
  });
}

/** Counts, in the page, from each key that decides until the next field and its picture are painted. */
function measure() {
  const at = /** @type {any} */ (window);
  at.times = [];
  let isOver = true;
  at.stepIsOver = () => isOver;
  const shown = () => {
    const label = document.getElementById("at-label");
    const image = document.getElementById("crop");
    const isThere = document.querySelector(".ended") || (image instanceof HTMLImageElement && image.complete);
    return isThere ? label : null;
  };
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || (event.key !== "Enter" && event.key !== "F9")) return;
      const begun = performance.now();
      const before = document.getElementById("at-label");
      isOver = false;
      const wait = () => {
        const now = shown();
        if (now && now !== before) {
          // The frame with it is painted when the next one begins.
          requestAnimationFrame(() => {
            if (!document.querySelector(".ended")) at.times.push(performance.now() - begun);
            isOver = true;
          });
        } else requestAnimationFrame(wait);
      };
      requestAnimationFrame(wait);
    },
    true,
  );
}
