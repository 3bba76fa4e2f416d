// @ts-check
/** A file that is sent in pieces: a lost connection and a killed service cost no byte that has come. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { look, signedIn } from "./browser.mjs";
import { sample } from "./service.mjs";

/** Bytes of a piece, as `tus.js` has it. */
const PIECE = 4 * 1024 * 1024;
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** @param {import("./desk.test.mjs").Scene} scene */
export function pieces(scene) {
  test("an upload goes on after the connection was lost and the service was killed", { timeout: 300_000 }, async () => {
    const { base } = scene.office;
    const { page, context } = await signedIn(scene.browser, base, "鈴木");
    await page.goto(`${base}/read`);
    let lost = 0;
    await page.route("**/v1/uploads/*", async (route) => {
      if (route.request().method() !== "PATCH" || lost > 0) return route.continue();
      lost += 1;
      // The request never gets there, and the service goes away as well.
      await scene.office.kill();
      return route.abort("connectionreset");
    });
    await page.locator("#file").setInputFiles(sample("demo.pdf"));
    await page.locator("#submit").click();
    await page.locator("#main").getByText("つながるのを待っています").waitFor();
    await look(page, "read-waiting");
    await scene.office.start();
    await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/, { timeout: 120_000 });
    assert.equal(lost, 1);
    await page.locator("#standing form button").click();
    await context.close();
  });

  test("an upload goes on after the page was loaded anew, and is one document", { timeout: 120_000 }, async () => {
    const { base } = scene.office;
    const home = mkdtempSync(join(tmpdir(), "shoki-pieces-"));
    const name = "途中の用紙.png";
    const file = join(home, name);
    writeFileSync(file, Buffer.concat([PNG, randomBytes(9 * 1024 * 1024)]));
    const { page, context } = await signedIn(scene.browser, base, "鈴木");
    await page.goto(`${base}/read`);
    /** @type {number[]} */
    const offsets = [];
    let isCut = true;
    await page.route("**/v1/uploads/*", (route) => {
      const request = route.request();
      if (request.method() !== "PATCH") return route.continue();
      const offset = Number(request.headers()["upload-offset"]);
      if (isCut && offset > 0) return route.abort("connectionreset");
      offsets.push(offset);
      return route.continue();
    });
    await page.locator("#file").setInputFiles(file);
    await page.locator("#submit").click();
    await page.locator("#main").getByText("つながるのを待っています").waitFor();
    await page.reload();
    const unfinished = page.locator("[data-unfinished]");
    await unfinished.waitFor();
    assert.match((await unfinished.textContent()) ?? "", /途中の用紙\.png\(44 % まで届いています\)/);
    await look(page, "read-unfinished");
    const kept = await page.evaluate(() => JSON.stringify(localStorage));
    assert.ok(!kept.includes("途中の用紙"), "no name stays in the browser");
    isCut = false;
    await page.locator("#file").setInputFiles(file);
    await page.locator("#submit").press("Enter");
    await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/);
    assert.deepEqual(offsets, [0, PIECE, 2 * PIECE], "nothing is sent twice");
    const jobs = await scene.office.api("/v1/jobs?limit=50");
    assert.equal(jobs.items.filter((/** @type {any} */ job) => job.document_name === name).length, 1);
    await page.goto(`${base}/read`);
    await page.waitForTimeout(500);
    assert.equal(await unfinished.count(), 0);
    rmSync(home, { recursive: true, force: true });
    await context.close();
  });
}
