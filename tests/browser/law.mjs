// @ts-check
/** 法令・通知: a question, what decides it, the text at the right. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { look, signedIn } from "./browser.mjs";

/** @param {import("./desk.test.mjs").Scene} scene */
export function law(scene) {
  test("a plain question leads to the passage, lit in its text, by keys", async () => {
    const { base } = scene.office;
    const { page, troubles, context } = await signedIn(scene.browser, base, "佐藤");
    await page.goto(`${base}/law`);
    assert.equal(await page.evaluate(() => document.activeElement?.id), "q");
    await look(page, "law");
    await page.keyboard.type("子どもの通院でいくら払えばいいですか");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/law\?q=/);
    const first = page.locator("a.open").first();
    assert.match((await first.textContent()) ?? "", /子どもの医療費の助成に関する条例/);
    assert.equal(await first.evaluate((link) => link === document.activeElement), true, "the first is at hand");
    await page.keyboard.press("Enter");
    await page.locator(".reader .lit").waitFor();
    assert.match((await page.locator(".reader .lit").textContent()) ?? "", /二百円/);
    const seen = await page.locator(".reader .lit").evaluate((lit) => {
      const [of, at] = [lit.getBoundingClientRect(), lit.closest(".reader")?.getBoundingClientRect()];
      return at ? of.top < at.bottom && of.bottom > at.top : false;
    });
    assert.ok(seen, "it is in view");
    await look(page, "law-answer");
    await page.keyboard.press("ArrowDown");
    assert.equal(await page.locator("a.open").nth(1).evaluate((link) => link === document.activeElement), true);
    await page.getByRole("button", { name: "これが根拠" }).first().click();
    await page.waitForURL(/marked=1/);
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "q");
    await page.goto(`${base}/law`);
    assert.match((await page.locator("main").textContent()) ?? "", /子どもの通院/, "it is among the questions of before");
    await look(page, "law-history");
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test("a law that is not there is said", async () => {
    const { base } = scene.office;
    const { page, context } = await signedIn(scene.browser, base, "佐藤");
    await page.goto(`${base}/law?q=${encodeURIComponent("道路交通法第7条")}&as_of=2026-11-30`);
    assert.match((await page.locator(".found").textContent()) ?? "", /取り込まれて/);
    await look(page, "law-no-basis");
    await context.close();
  });

  test("the texts can be read by themselves", async () => {
    const { base } = scene.office;
    const { page, context } = await signedIn(scene.browser, base, "佐藤");
    await page.goto(`${base}/law/sources`);
    await look(page, "law-sources");
    await page.locator("tbody a").first().press("Enter");
    await page.waitForURL(/\/law\/sources\/[0-9a-f-]{36}/);
    await look(page, "law-text");
    await context.close();
  });
}
