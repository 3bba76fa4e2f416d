// @ts-check
/** A file that is sent in pieces: a lost connection and a killed service cost no byte that has come. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { look, signedIn } from "./browser.mjs";
import { sample } from "./service.mjs";

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
}
