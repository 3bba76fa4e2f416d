// @ts-check
/** 練習: the first three minutes of a new clerk, from ホーム to the file, and nothing left behind. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { look, signedIn } from "./browser.mjs";

/** Longest wait for the sheets to be read, milliseconds: the dev build is slow. */
const READ = 300_000;

/** @param {import("./desk.test.mjs").Scene} scene */
export function practice(scene) {
  test("the first three minutes: sheets, what is 要確認, the file", { timeout: 2 * READ }, async () => {
    const { base } = scene.office;
    const { page, troubles, context } = await signedIn(scene.browser, base, "田中");
    const figures = async () => JSON.stringify((await (await page.request.get(`${base}/v1/kpi/review`)).json()).forms ?? null);
    const before = await figures();
    await page.locator("#start-practice").click();
    await page.waitForURL(`${base}/practice`);
    await look(page, "practice");
    await page.locator("#begin-sheets").click();
    await page.waitForURL(`${base}/practice`);
    await look(page, "practice-reading");
    await page.locator("#practice-check").waitFor({ timeout: READ });
    await look(page, "practice-read");
    await page.locator("#practice-check").click();
    await page.locator("#at-label").waitFor();
    for (let step = 0; step < 400; step += 1) {
      const now = await page.evaluate(() => ({
        isDone: document.getElementById("all-done") !== null,
        isEnd: document.querySelector(".ended") !== null,
        isTyped: document.querySelector("input#value") !== null,
        sheet: document.querySelector(".check-head h2")?.textContent ?? "",
        label: document.getElementById("at-label")?.textContent ?? "",
      }));
      if (now.isDone) break;
      if (now.isEnd) {
        await page.waitForFunction(() => document.getElementById("saved")?.textContent === "保存済み");
        await page.keyboard.press("Control+Enter");
        await page.waitForFunction((sheet) => document.getElementById("all-done") || document.querySelector(".check-head h2")?.textContent !== sheet, now.sheet);
        continue;
      }
      await page.keyboard.press(now.isTyped ? "F9" : "Enter");
      await page.waitForFunction((then) => (document.getElementById("at-label")?.textContent ?? "") !== then.label || document.querySelector(".ended, #all-done, input#value") !== null, now);
    }
    await page.locator("#all-done").waitFor();
    await page.goto(`${base}/practice`);
    await look(page, "practice-files");
    const file = page.locator("#practice-files a").first();
    const csv = await page.request.get(`${base}${await file.getAttribute("href")}`);
    assert.equal(csv.status(), 200);
    assert.ok((await csv.text()).split("\r\n").length > 2, "a head and a row at least");
    assert.equal(await figures(), before, "practice is in no figure");

    await page.goto(`${base}/jobs`);
    assert.match((await page.locator("#jobs").textContent()) ?? "", /【練習】/);
    await page.goto(`${base}/practice`);
    const asked = async () => (await (await page.request.get(`${base}/v1/kpi/questions`)).json()).questions;
    const [questions, link] = [await asked(), page.locator("#practice-questions a").first()];
    await link.click();
    await page.waitForURL(/\/law\?q=/);
    assert.equal(await asked(), questions, "a practice question is in no figure");
    assert.match((await page.locator("main").textContent()) ?? "", /あさひ野市/);
    await page.goto(`${base}/practice`);
    await page.locator("#end-practice").click();
    await page.waitForURL(`${base}/`);
    await page.goto(`${base}/jobs`);
    assert.doesNotMatch((await page.locator("main").textContent()) ?? "", /【練習】/);
    assert.deepEqual(troubles, []);
    await context.close();
  });
}
