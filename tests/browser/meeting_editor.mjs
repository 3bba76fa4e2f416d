// @ts-check
/** 会議録エディタ: split, join, levels, a word everywhere, history, two people, and 20,000 words. By keyboard. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { look, signedIn } from "./browser.mjs";

/** Characters of the long transcript: three hours of speech. */
const LONG = 54_000;
/** Characters of a line of it. */
const LINE = 40;
/** Longest wait for it to be made through the API, milliseconds. */
const MADE = 300_000;
/** Longest time for a jump or a scroll to be seen, milliseconds. */
const SOON = 100;

/** @typedef {import("./browser.mjs").Page} Page */

/** The meeting that `meeting.mjs` made. @param {import("./desk.test.mjs").Scene} scene */
async function heard(scene) {
  const jobs = await scene.office.api("/v1/jobs?pipeline=minutes&limit=10");
  const done = jobs.items.find((/** @type {any} */ job) => job.state === "succeeded");
  assert.ok(done, "a meeting was heard");
  return done.id;
}

/** @param {Page} page @param {string} address */
async function open(page, address) {
  await page.goto(address);
  await page.locator("shoki-meeting[loaded]").waitFor();
}

const texts = (/** @type {Page} */ page) => page.locator(".lines .text").allTextContents();

/** @param {import("./desk.test.mjs").Scene} scene */
export function meetingEditor(scene) {
  test("a line is split at the cursor and joined again, and each can be taken back", { timeout: 60_000 }, async () => {
    const { base } = scene.office;
    const { page, troubles, context } = await signedIn(scene.browser, base, "佐藤");
    await open(page, `${base}/meetings/${await heard(scene)}`);
    const before = await texts(page);
    const at = before.findIndex((text) => text.length > 8);
    const line = page.locator(".lines li").nth(at);
    await line.locator(".when").focus();
    await page.keyboard.press("F2");
    await page.keyboard.press("Home");
    for (let step = 0; step < 4; step += 1) await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Control+Enter");
    await page.waitForFunction((count) => document.querySelectorAll(".lines li").length === count, before.length + 1);
    const split = await texts(page);
    assert.equal((split[at] ?? "") + (split[at + 1] ?? ""), before[at]);
    assert.equal(split[at]?.length, 4);
    await line.locator(".when").focus();
    await page.keyboard.press("Control+j");
    await page.waitForFunction((count) => document.querySelectorAll(".lines li").length === count, before.length);
    assert.deepEqual(await texts(page), before);

    await page.getByRole("button", { name: "履歴" }).press("Enter");
    await page.getByRole("dialog").getByText("発言の結合").waitFor();
    await look(page, "meeting-history");
    await page.getByRole("button", { name: "取り消す: 発言の結合" }).first().press("Enter");
    await page.waitForFunction((count) => document.querySelectorAll(".lines li").length === count, before.length + 1);
    await page.getByRole("button", { name: "取り消す: 発言の分割" }).first().press("Enter");
    await page.waitForFunction((count) => document.querySelectorAll(".lines li").length === count, before.length);
    await page.keyboard.press("Escape");
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test("a word is counted, replaced everywhere, and taken back", { timeout: 60_000 }, async () => {
    const { base } = scene.office;
    const { page, troubles, context } = await signedIn(scene.browser, base, "佐藤");
    await open(page, `${base}/meetings/${await heard(scene)}`);
    const before = await texts(page);
    const many = before.join("").split("です").length - 1;
    assert.ok(many > 1);
    await page.keyboard.press("Control+h");
    await page.keyboard.type("です");
    await page.keyboard.press("Tab");
    await page.keyboard.type("でございます");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement?.matches('[data-act="replace"]'));
    assert.match((await page.locator("[data-count]").textContent()) ?? "", new RegExp(`${many} か所`));
    await look(page, "meeting-replace");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("[data-count]")?.textContent?.includes("置き換えました"));
    await page.keyboard.press("Escape");
    assert.equal((await texts(page)).join("").split("でございます").length - 1, many);
    await page.locator(".when").first().focus();
    await page.keyboard.press("Control+z");
    await page.waitForFunction((text) => document.querySelector(".lines")?.textContent?.includes("でございます") === false, "");
    assert.deepEqual(await texts(page), before);
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test("levels, the next 要確認, a speaker of one line or of all, finished and not", { timeout: 60_000 }, async () => {
    const { base } = scene.office;
    const { page, troubles, context } = await signedIn(scene.browser, base, "佐藤");
    await open(page, `${base}/meetings/${await heard(scene)}`);
    const verbatim = await texts(page);
    const shown = await page.locator(".lines").textContent();
    await page.getByLabel("整文").press("Space");
    await page.waitForFunction((before) => document.querySelector(".lines")?.textContent !== before, shown);
    await look(page, "meeting-level");
    assert.notDeepEqual(await texts(page), verbatim);
    await page.getByLabel("素起こし").press("Space");
    await page.waitForFunction((text) => document.querySelector(".lines .text")?.textContent === text, verbatim[0]);
    assert.deepEqual(await texts(page), verbatim);

    if (await page.locator(".lines .doubtful").count()) {
      await page.keyboard.press("F4");
      assert.ok(await page.evaluate(() => document.activeElement?.closest(".doubtful")));
      const left = Number(await page.locator("[data-to-check]").textContent());
      await page.keyboard.press("F8");
      await page.waitForFunction((left) => Number(document.querySelector("[data-to-check]")?.textContent) === left - 1, left);
    }

    const line = page.locator('.lines li:not([data-speaker=""])').first();
    const before = (await line.getAttribute("data-speaker")) ?? "";
    const same = await page.locator(`.lines li[data-speaker="${before}"]`).count();
    await line.locator(".when").focus();
    await page.keyboard.press("F2");
    await line.getByLabel("話者", { exact: true }).selectOption("new");
    await line.getByLabel("新しい話者の名前").fill("傍聴人");
    await look(page, "meeting-speaker");
    await line.locator("textarea").press("Enter");
    await page.waitForFunction(() => !document.querySelector(".line-edit"));
    assert.equal(await line.locator(".voice").textContent(), "傍聴人");
    assert.equal(await page.locator(`.lines li[data-speaker="${before}"]`).count(), same - 1, "this line alone");
    await page.getByRole("button", { name: "完了にする" }).press("Enter");
    await page.locator("[data-finished]:not([hidden])").waitFor();
    await line.locator(".when").focus();
    await page.keyboard.press("F2");
    assert.equal(await page.locator(".line-edit").count(), 0, "what is finished is not edited by mistake");
    await page.getByRole("button", { name: "また直す" }).press("Enter");
    await page.locator("[data-finished][hidden]").waitFor({ state: "attached" });
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test("two people at one line: one has it at a time; of two texts both stay", { timeout: 180_000 }, async () => {
    const { base } = scene.office;
    const job = await heard(scene);
    const [one, other] = [await signedIn(scene.browser, base, "佐藤"), await signedIn(scene.browser, base, "鈴木")];
    for (const { page } of [one, other]) await open(page, `${base}/meetings/${job}`);
    const line = (/** @type {Page} */ page) => page.locator(".lines li").nth(2);
    const edit = async (/** @type {Page} */ page) => {
      await line(page).locator(".when").focus();
      await page.keyboard.press("F2");
    };
    await edit(one.page);
    await one.page.keyboard.press("Control+a");
    await other.page.locator(".lines li.held").waitFor();
    assert.match((await line(other.page).locator(".holder").textContent()) ?? "", /佐藤さんが直しています/);
    await edit(other.page);
    assert.match((await line(other.page).getByRole("alert").textContent()) ?? "", /佐藤さんがこの発言を直しています/);
    assert.equal(await other.page.locator(".line-edit").count(), 0, "it is the other's");
    await look(other.page, "meeting-held");
    // Whoever is cut off keeps the words, and loses the line after half a minute.
    await one.context.setOffline(true);
    await one.page.keyboard.type("佐藤の文字です。");
    await other.page.waitForFunction(() => !document.querySelector(".lines li.held"), undefined, { timeout: 90_000 });
    await edit(other.page);
    await other.page.keyboard.press("Control+a");
    await other.page.keyboard.type("鈴木の文字です。");
    await other.page.keyboard.press("Enter");
    await other.page.waitForFunction(() => !document.querySelector(".line-edit"));
    await one.context.setOffline(false);
    await one.page.keyboard.press("Enter");
    await one.page.locator(".trouble .theirs").waitFor();
    assert.match((await one.page.locator(".theirs").textContent()) ?? "", /鈴木の文字です。/);
    assert.equal(await line(one.page).locator("textarea").inputValue(), "佐藤の文字です。", "nothing typed is lost");
    await look(one.page, "meeting-conflict");
    await one.page.getByRole("button", { name: "自分の文字で保存" }).press("Enter");
    await one.page.waitForFunction(() => !document.querySelector(".line-edit"));
    await other.page.waitForFunction(() => document.querySelectorAll(".lines .text")[2]?.textContent === "佐藤の文字です。");
    await other.page.waitForFunction(() => /佐藤さんが直しました/.test(document.querySelector("[data-others]")?.textContent ?? ""));
    await look(other.page, "meeting-others");
    assert.deepEqual([...one.troubles, ...other.troubles], []);
    for (const { context } of [one, other]) await context.close();
  });

  test("a transcript of 20,000 words scrolls and seeks at once", { timeout: MADE }, async () => {
    const { base, office } = { base: scene.office.base, office: scene.office };
    const job = await heard(scene);
    await lengthen(office, job);
    const { page, troubles, context } = await signedIn(scene.browser, base, "佐藤");
    const answer = await page.goto(`${base}/meetings/${job}`);
    const bytes = (await answer?.body())?.length ?? Infinity;
    assert.ok(bytes < 200_000, `${bytes} bytes of HTML`);
    await page.locator("shoki-meeting[loaded]").waitFor();
    const count = await page.locator(".lines li").count();
    assert.ok(count >= LONG / LINE, `${count} lines`);
    const times = await page.evaluate(jumps);
    console.log(`${count} lines, longest ms: ${JSON.stringify(times)}`);
    for (const [what, millis] of Object.entries(times)) assert.ok(millis <= SOON, `${what}: ${millis} ms`);
    await look(page, "meeting-long");
    assert.deepEqual(troubles, []);
    await context.close();
  });
}

/**
 * Makes the meeting one of three hours' words, through the API: lines of 2,000 characters, cut into short ones.
 * @param {import("./service.mjs").Office} office @param {string} job
 */
async function lengthen(office, job) {
  const place = `/v1/jobs/${job}/transcript`;
  const headers = (/** @type {number} */ version) => ({ "content-type": "application/json", "if-match": `"${version}"` });
  const { segments } = await office.api(place);
  const sentence = "次に、予算案の説明について、担当の課長から報告をお願いします。";
  const text = sentence.repeat(100).slice(0, 2000);
  let made = 0;
  for (const { id, version } of segments) {
    if (made >= LONG) break;
    let change = await office.api(`${place}/segments/${id}`, { method: "PATCH", headers: headers(version), body: JSON.stringify({ text }) });
    for (let at = text.length - LINE; at > 0; at -= LINE) {
      const first = change.segments.find((/** @type {any} */ one) => one.id === id);
      change = await office.api(`${place}/segments/${id}/split`, { method: "POST", headers: headers(first.version), body: JSON.stringify({ at }) });
    }
    made += text.length;
  }
}

/** From the page: the longest time until a jump is on the screen, of seeking by ear and of scrolling. */
async function jumps() {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const rows = [...document.querySelectorAll(".lines li")];
  const sound = document.querySelector("audio");
  const list = document.querySelector("[data-scroll]");
  const longest = { seek: 0, scroll: 0 };
  for (let step = 1; step <= 20; step += 1) {
    const row = rows[(step * 7919) % rows.length];
    const when = row?.querySelector(".when");
    let began = performance.now();
    if (when instanceof HTMLElement) when.click();
    await frame();
    if (!row?.hasAttribute("aria-current") && !document.querySelector(".lines [aria-current]")) throw new Error("nothing is followed");
    longest.seek = Math.max(longest.seek, performance.now() - began);
    sound?.pause();
    began = performance.now();
    if (list) list.scrollTop = (list.scrollHeight * ((step * 37) % 100)) / 100;
    await frame();
    longest.scroll = Math.max(longest.scroll, performance.now() - began);
  }
  return { seek: Math.round(longest.seek), scroll: Math.round(longest.scroll) };
}
