// @ts-check
/** The forms desk beside the review: 仕分け, 出力, what is masked, 抜き取り確認 and what it shows. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { look, signedIn } from "./browser.mjs";
import { sample } from "./service.mjs";

/** Longest wait for a stack to be read, milliseconds: the dev build is slow. */
const READ = 300_000;
/** The page of the sample that is no form, and a sheet with a 個人番号. */
const UNKNOWN = 8;
const SHEET = 1;

/** A stack that nobody has looked at yet. @param {import("./service.mjs").Office} office */
async function stack(office) {
  const form = new FormData();
  form.set("file", new Blob([readFileSync(sample("demo.pdf"))]), "demo.pdf");
  const { id } = await office.api("/v1/documents", { method: "POST", body: form });
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ document_id: id, pipeline: "forms" });
  const job = await office.api("/v1/jobs", { method: "POST", headers, body });
  await read(office, job.id);
  return job.id;
}

/** @param {import("./service.mjs").Office} office @param {string} job */
async function read(office, job) {
  for (;;) {
    const now = await office.api(`/v1/jobs/${job}?wait=5`);
    if (now.state === "succeeded") return;
    assert.ok(!["failed", "cancelled"].includes(now.state), JSON.stringify(now));
  }
}

/** @param {import("./desk.test.mjs").Scene} scene */
export function tray(scene) {
  let job = "";

  test("an unknown page is assigned by keys and is read; what was said is taken back", { timeout: READ }, async () => {
    const { office } = scene;
    const { base } = office;
    job = await stack(office);
    const { page, troubles, context } = await signedIn(scene.browser, base, "佐藤");
    await page.goto(`${base}/jobs/${job}`);
    await page.locator("#tray").press("Enter");
    await page.waitForURL(`${base}/jobs/${job}/tray`);
    await page.locator("shoki-tray").waitFor();
    await page.waitForTimeout(2500);
    await look(page, "tray");
    assert.equal(await page.locator("section h2").first().textContent(), "わからない 1 枚");
    assert.equal(await page.evaluate(() => document.activeElement?.id), `page-${UNKNOWN}`, "what needs a person is at hand");
    await page.keyboard.press("F4");
    await page.locator("#reason").waitFor();
    await look(page, "tray-reason");
    await page.keyboard.press("Enter");
    await page.locator(`[data-hidden][data-page="${UNKNOWN}"] img`).waitFor();
    await page.waitForTimeout(500);
    await look(page, "tray-seen");
    await page.keyboard.press("Enter");
    await page.locator("#large img").waitFor();
    await look(page, "tray-large");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Space");
    await page.keyboard.press("Control+Enter");
    assert.match((await page.locator("[data-marked]").textContent()) ?? "", /どの帳票か/);
    await page.locator("#form").selectOption("kouza_furikae");
    await look(page, "tray-marked");
    await page.keyboard.press("Control+Enter");
    await page.locator("#standing").waitFor();
    await look(page, "tray-reading");
    await page.locator("shoki-tray").waitFor({ timeout: READ });
    const reading = await office.api(`/v1/jobs/${job}/pages/${UNKNOWN}`);
    assert.equal(reading.form, "kouza_furikae");
    assert.ok(Object.keys(reading.fields).length > 3, "it was read");
    const sheets = await office.api(`/v1/jobs/${job}/review`);
    assert.ok(sheets.sheets.some((/** @type {any} */ sheet) => sheet.page === UNKNOWN), "it is a sheet to be checked");
    await look(page, "tray-sorted");
    assert.equal(await page.locator(".said").count(), 1);
    await page.locator(`#page-${UNKNOWN}`).press("Space");
    await page.keyboard.press("F10");
    await page.locator("#standing").waitFor();
    await page.locator("shoki-tray").waitFor({ timeout: READ });
    assert.equal((await office.api(`/v1/jobs/${job}/pages/${UNKNOWN}`)).kind, "unknown_form");
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test("a preview is the download, in every way to look at it; what stops it is put right from there", { timeout: READ }, async () => {
    const { office } = scene;
    const { base } = office;
    const { page, troubles, context } = await signedIn(scene.browser, base, "佐藤");
    // A name that CP932 does not have.
    const sheet = await office.api(`/v1/jobs/${job}/review/sheets/${SHEET}`);
    const headers = { "content-type": "application/json", "if-match": `"${sheet.version}"` };
    const body = JSON.stringify({ kind: "correct", text: "𠮷田太郎" });
    await office.api(`/v1/jobs/${job}/review/sheets/${SHEET}/fields/employee_name`, { method: "PUT", headers, body });
    await page.goto(`${base}/jobs/${job}/outputs`);
    await look(page, "outputs");
    await page.goto(`${base}/jobs/${job}/outputs?form=kyuyo_idou&profile=standard`);
    const table = (await page.locator(".sheet-table").textContent()) ?? "";
    assert.match(table, /〓{12}/, "the number is hidden in the table");
    assert.doesNotMatch(table, /(?<!\d)\d{12}(?!\d)/);
    for (const [form, profile] of [["kyuyo_idou", "rpa"], ["kouza_furikae", "standard"], ["kouza_furikae", "excel"]]) {
      const path = `${base}/jobs/${job}/outputs?form=${form}&profile=${profile}`;
      await page.goto(path);
      if (!(await page.locator(".tabs").count())) continue;
      await look(page, `outputs-${profile}`);
      const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#download").press("Enter")]);
      const bytes = readFileSync(await download.path());
      await page.goto(`${path}&view=bytes`);
      const shown = await page.locator(".dump tbody td:nth-child(2)").allTextContents();
      const hex = bytes.subarray(0, 2048).toString("hex").toUpperCase().replace(/(..)(?=.)/g, "$1 ");
      assert.equal(shown.join(" "), hex, `${form} ${profile}`);
      await look(page, `outputs-${profile}-bytes`);
      if (profile === "excel") continue;
      await page.goto(`${path}&view=lines`);
      await look(page, `outputs-${profile}-lines`);
      assert.deepEqual(await page.locator(".raw tbody tr").first().locator("b").allTextContents().then((marks) => marks.slice(-2)), ["CR", "LF"]);
    }
    await page.goto(`${base}/jobs/${job}/outputs/kyuyo_idou/kikan/file`);
    await page.locator("#stopped").waitFor();
    assert.match((await page.locator("#findings").textContent()) ?? "", /U\+20BB7/);
    await look(page, "outputs-stopped");
    await page.locator("#findings li", { hasText: "U+20BB7" }).getByRole("link").press("Enter");
    await page.waitForURL(/\/check\?page=1&field=employee_name$/);
    await page.waitForFunction(() => document.getElementById("exported")?.textContent === "𠮷田太郎");
    await look(page, "check-from-output");
    await page.keyboard.press("F2");
    await page.locator("input#value").fill("吉田太郎");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.getElementById("saved")?.textContent === "保存済み");
    await page.goto(`${base}/jobs/${job}/outputs?form=kyuyo_idou&profile=kikan`);
    assert.equal(await page.locator("#findings li", { hasText: "U+20BB7" }).count(), 0);
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test("a number that is hidden is seen for a reason, and for that look only", async () => {
    const { base } = scene.office;
    const { page, troubles, context } = await signedIn(scene.browser, base, "佐藤");
    await page.goto(`${base}/jobs/${job}/check?page=${SHEET}&field=individual_number`);
    await page.locator("#reveal").waitFor();
    await look(page, "check-masked");
    assert.equal(await page.locator("#crop").count(), 0);
    await page.keyboard.press("F4");
    await page.locator("#reason").waitFor();
    await look(page, "check-reason");
    await page.keyboard.press("Enter");
    await page.locator("#crop").waitFor();
    assert.match((await page.locator("#value").textContent()) ?? "", /^\d{6,12}$/);
    await page.keyboard.press("Shift+Enter");
    await page.waitForFunction(() => document.getElementById("at-label")?.textContent !== "個人番号");
    const back = page.locator(".fields button", { hasText: "個人番号" });
    await back.click();
    await page.locator("#reveal").waitFor();
    assert.equal(await page.locator("#crop").count(), 0, "hidden again");
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test("fields that nobody saw are written down blind, and what that shows is on a page", async () => {
    const { base } = scene.office;
    const { page, troubles, context } = await signedIn(scene.browser, base, "鈴木");
    await page.goto(base);
    await page.getByRole("link", { name: "抜き取り確認をする" }).press("Enter");
    await page.waitForURL(`${base}/audits`);
    await page.locator("#audit-label").waitFor();
    for (let step = 0; step < 3 && (await page.locator("#value").count()); step += 1) {
      await page.waitForTimeout(300);
      await look(page, `audits-${step}`);
      if (await page.locator("#reveal").count()) {
        await page.keyboard.press("F4");
        await page.locator("#see").press("Enter");
        await page.locator("#crop").waitFor();
      }
      await page.keyboard.type("書き写した値");
      await page.keyboard.press("Enter");
      const done = step + 1;
      await page.waitForFunction((done) => document.getElementById("done-count")?.textContent?.endsWith(`: ${done}`), done);
    }
    assert.match((await page.locator("#done-count").textContent()) ?? "", /[1-9]$/, "there was one at least");
    await page.goto(`${base}/acceptance`);
    await look(page, "acceptance");
    await page.getByRole("link", { name: /^見る/ }).first().press("Enter");
    await page.waitForURL(/#history$/);
    await look(page, "acceptance-history");
    assert.deepEqual(troubles, []);
    await context.close();
  });
}
