// @ts-check
/** ライブ字幕: a browser's microphone that hears a real recording, the captions, a correction, the job that follows. */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { look, launch, signedIn } from "./browser.mjs";
import { sample } from "./service.mjs";

/** Seconds of the recording that the microphone hears, from its beginning. */
const SECONDS = 30;
/** Longest wait for a caption of the dev build, milliseconds. */
const CAPTION = 180_000;

/** @param {import("./desk.test.mjs").Scene} scene */
export function live(scene) {
  test("a meeting is captioned while it is held, and becomes a job", { timeout: 2 * CAPTION }, async () => {
    const { base } = scene.office;
    const home = mkdtempSync(join(tmpdir(), "shoki-live-"));
    const wav = join(home, "microphone.wav");
    writeFileSync(wav, await asWav(scene, readFileSync(sample("meeting.flac"))));
    const browser = await launch([
      "--use-fake-ui-for-media-stream",
      "--use-fake-device-for-media-stream",
      `--use-file-for-fake-audio-capture=${wav}`,
      "--autoplay-policy=no-user-gesture-required",
    ]);
    try {
      const { page, troubles, context } = await signedIn(browser, base, "佐藤");
      await page.goto(`${base}/live`);
      await look(page, "live");
      await page.getByLabel("会議の名前").fill("庁内連絡会");
      await page.keyboard.press("Tab");
      await page.locator("#start").press("Enter");
      await page.waitForURL(/\/live\/[0-9a-f-]{36}$/);
      const session = page.url().slice(-36);
      await look(page, "live-ready");
      await page.keyboard.press("F9");
      await page.waitForFunction(() => document.querySelector('[data-figure="mic"]')?.textContent === "録音しています");
      await page.waitForFunction(() => document.querySelector('[data-figure="recorded"]')?.textContent !== "0:00");
      await page.locator(".captions li").first().waitFor({ timeout: CAPTION });
      await look(page, "live-captions");

      const projector = await context.newPage();
      await projector.goto(`${base}/live/${session}/screen`);
      await projector.locator(".captions li").first().waitFor();
      await look(projector, "live-screen");

      const line = page.locator(".captions li").first();
      await line.locator("button").focus();
      await page.keyboard.press("F2");
      await page.keyboard.press("Control+a");
      await page.keyboard.type("人が直した字幕です。");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.querySelector(".captions .text")?.textContent === "人が直した字幕です。");
      await projector.waitForFunction(() => document.querySelector(".captions")?.textContent?.includes("人が直した字幕です。"));

      // The service dies while somebody speaks: the sound waits in the page, and none of it is lost.
      const unsaved = (/** @type {number} */ least, /** @type {number} */ most) =>
        page.waitForFunction(([least = 0, most = 0]) => {
          const seconds = Number.parseInt(document.querySelector('[data-figure="unsaved"]')?.textContent ?? "", 10);
          return least <= seconds && seconds <= most;
        }, [least, most]);
      await scene.office.kill();
      await unsaved(4, 3600);
      await look(page, "live-trouble");
      await scene.office.start();
      await unsaved(0, 1);
      await page.locator("[data-trouble][hidden]").waitFor({ state: "attached" });

      await page.getByRole("button", { name: "会議を終える" }).press("Enter");
      const link = page.getByRole("link", { name: "会議録の進み具合を見る" });
      await link.waitFor({ timeout: CAPTION });
      await look(page, "live-ended");
      assert.equal(await page.locator('[data-figure="unsaved"]').textContent(), "0 秒");
      await link.press("Enter");
      await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/);
      assert.match((await page.locator("h1").textContent()) ?? "", /庁内連絡会/);
      assert.deepEqual(troubles, []);
      const foreign = await signedIn(browser, base, "田中");
      const answer = await foreign.page.goto(`${base}/live/${session}`);
      assert.equal(answer?.status(), 404, "another 課 sees nothing");
      await context.close();
    } finally {
      await browser.close();
      rmSync(home, { recursive: true, force: true });
    }
  });
}

/**
 * The beginning of a recording as 16-bit PCM at 48 kHz, decoded by the browser.
 * @param {import("./desk.test.mjs").Scene} scene @param {Buffer} bytes
 */
async function asWav(scene, bytes) {
  const { page, context } = await signedIn(scene.browser, scene.office.base, "佐藤");
  const samples = await page.evaluate(async ([encoded, seconds]) => {
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    const sound = await new OfflineAudioContext(1, 1, 48_000).decodeAudioData(bytes.buffer);
    const part = sound.getChannelData(0).slice(0, 48_000 * seconds);
    const pcm = Int16Array.from(part, (sample) => Math.max(-1, Math.min(1, sample)) * 32_767);
    let text = "";
    for (const byte of new Uint8Array(pcm.buffer)) text += String.fromCharCode(byte);
    return btoa(text);
  }, /** @type {const} */ ([bytes.toString("base64"), SECONDS]));
  await context.close();
  const pcm = Buffer.from(samples, "base64");
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + pcm.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(48_000, 24);
  head.writeUInt32LE(96_000, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(pcm.length, 40);
  return Buffer.concat([head, pcm]);
}
