// @ts-check
/** 会議録: who speaks found anew, and agenda items drafted by the operator's server. By keyboard. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { look, signedIn } from "./browser.mjs";

/** The meeting that `meeting.mjs` made. @param {import("./desk.test.mjs").Scene} scene */
async function heard(scene) {
  const jobs = await scene.office.api("/v1/jobs?pipeline=minutes&limit=10");
  const done = jobs.items.find((/** @type {any} */ job) => job.state === "succeeded");
  assert.ok(done, "a meeting was heard");
  return done.id;
}

/** @param {import("./desk.test.mjs").Scene} scene */
export function meetingDesk(scene) {
  test("who speaks is found anew with another number of people, and taken back", { timeout: 90_000 }, async () => {
    const { base } = scene.office;
    const { page, troubles, context } = await signedIn(scene.browser, base, "佐藤");
    await page.goto(`${base}/meetings/${await heard(scene)}`);
    await page.locator("shoki-meeting[loaded]").waitFor();
    const voices = () => page.locator(".lines li").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-speaker")));
    const before = await voices();
    await page.locator("#speakers summary").press("Enter");
    await page.getByRole("button", { name: "話者を分け直す" }).press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("ちょうどの人数").fill("99");
    await page.keyboard.press("Enter");
    assert.deepEqual(await voices(), before, "a number that nobody can mean changes nothing");
    await dialog.getByLabel("ちょうどの人数").fill("2");
    assert.ok(await dialog.getByLabel("ちょうど", { exact: true }).isChecked(), "who fills in a number means it");
    await look(page, "meeting-regroup");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /人に分け直しました/.test(document.querySelector("[data-regrouped]")?.textContent ?? ""));
    const after = new Set((await voices()).filter((voice) => voice));
    assert.ok(after.size <= 2, `${after.size} people`);
    await page.keyboard.press("Escape");
    await page.locator(".when").first().focus();
    await page.keyboard.press("Control+z");
    await page.waitForFunction(
      (all) => JSON.stringify([...document.querySelectorAll(".lines li")].map((row) => row.getAttribute("data-speaker"))) === all,
      JSON.stringify(before),
    );
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test("an item is drafted, what nobody said is marked, and all is taken back", { timeout: 90_000 }, async () => {
    const { office } = scene;
    const { page, troubles, context } = await signedIn(scene.browser, office.base, "佐藤");
    await page.goto(`${office.base}/meetings/${await heard(scene)}`);
    await page.locator("shoki-meeting[loaded]").waitFor();
    const ask = page.locator("[data-draft] button").first();
    office.drafted = null;
    await ask.press("Enter");
    await page.locator("[data-minutes] .trouble").waitFor();
    assert.ok(await ask.isEnabled(), "it can be asked again");
    await look(page, "meeting-draft-trouble");
    office.drafted = { points: [{ sentence: "予算は九十九兆円と決まった。", cites: [] }] };
    await ask.press("Enter");
    await page.locator("#drafted").waitFor();
    const sentence = page.locator(".points .doubtful", { hasText: "九十九兆円" });
    assert.match((await sentence.textContent()) ?? "", /要確認 発言では確かめられません/);
    await look(page, "meeting-drafted");
    await page.getByRole("button", { name: "下書きをすべて取り消す" }).press("Enter");
    await page.locator("#drafted").waitFor({ state: "detached" });
    assert.equal(await page.getByText("九十九兆円").count(), 0);
    assert.deepEqual(troubles, []);
    await context.close();
  });
}
