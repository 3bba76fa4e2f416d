// @ts-check
/** 会議録: from a recording to a Word document; the sound goes where one points. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { look, signedIn } from "./browser.mjs";
import { sample } from "./service.mjs";

/** Longest wait for two minutes to be heard by the dev build, milliseconds. */
const HEARD = 600_000;

/** @param {import("./desk.test.mjs").Scene} scene */
export function meeting(scene) {
  test("a recording becomes minutes", { timeout: HEARD }, async () => {
    const { base } = scene.office;
    const { page, troubles, context } = await signedIn(scene.browser, base, "佐藤");
    await page.goto(`${base}/meetings`);
    await page.getByLabel("会議の名前").fill("福祉委員会");
    await page.getByLabel("開催日").fill("2026-11-24");
    await page.getByLabel("少なくとも").fill("2");
    await page.getByLabel("多くとも").fill("5");
    assert.ok(await page.getByLabel("範囲").isChecked(), "who fills in a range means it");
    await page.locator("#file").setInputFiles(sample("meeting.flac"));
    await look(page, "meetings");
    await page.locator("#submit").press("Enter");
    await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/);
    const id = page.url().slice(-36);
    // The page shows itself anew when the job has ended.
    await page.locator("shoki-job:not([live])").waitFor({ timeout: HEARD });
    await page.goto(`${base}/meetings`);
    await look(page, "meetings-list");
    await page.getByRole("link", { name: "福祉委員会" }).press("Enter");
    await page.waitForURL(`${base}/meetings/${id}`);
    assert.ok((await page.locator(".lines li").count()) > 10);
    await look(page, "meeting");

    const line = page.locator(".lines li").nth(5);
    await line.locator(".when").press("Enter");
    const start = Number(await line.getAttribute("data-start")) / 1000;
    await page.waitForFunction((start) => {
      const sound = document.querySelector("audio");
      return sound && !sound.seeking && sound.currentTime >= start && !sound.paused;
    }, start);
    await page.locator(".lines [aria-current]").waitFor();
    await page.keyboard.press("F9");
    const stopped = await page.evaluate(() => document.querySelector("audio")?.currentTime ?? 0);
    await page.keyboard.press("F9");
    const again = await page.evaluate(() => document.querySelector("audio")?.currentTime ?? 0);
    assert.ok(Math.abs(stopped - 2 - again) < 0.5, `${stopped} → ${again}: two seconds back`);
    await page.keyboard.press("F9");

    const text = await line.locator("p").first().textContent();
    await line.locator(".when").focus();
    await page.keyboard.press("F2");
    await page.keyboard.press("Control+a");
    await page.keyboard.type("人が直した発言です。");
    await look(page, "meeting-edit");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelectorAll(".lines p")[0] && !document.querySelector(".line-edit"));
    assert.equal(await line.locator("p").first().textContent(), "人が直した発言です。");
    await page.reload();
    assert.equal(await line.locator("p").first().textContent(), "人が直した発言です。", "it is kept");
    await line.locator(".when").focus();
    await page.keyboard.press("Control+z");
    await page.waitForFunction((text) => document.querySelectorAll(".lines li")[5]?.querySelector(".text")?.textContent === text, text);

    await page.locator("#speakers summary").click();
    await page.locator("#speakers input").first().fill("委員長 山田");
    await page.keyboard.press("Enter");
    await page.waitForURL(/#speakers$/);
    assert.ok((await page.locator(".lines .voice", { hasText: "委員長 山田" }).count()) > 0);
    const evidence = page.locator(".evidence").first();
    if (await evidence.count()) {
      await evidence.press("Enter");
      await page.waitForFunction(() => !document.querySelector("audio")?.paused);
    }
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "会議録(Word)" }).press("Enter"),
    ]);
    const word = readFileSync(await download.path());
    assert.equal(word.subarray(0, 2).toString(), "PK", "a Word document is a zip");
    assert.match(download.suggestedFilename(), /\.docx$/);
    assert.deepEqual(troubles, []);
    await context.close();
  });
}
