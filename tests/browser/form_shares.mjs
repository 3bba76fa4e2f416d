// @ts-check
/** 帳票の共有: ticked, saved, seen by the other 課, taken back; after the form editor's test, whose form it is. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { look, signedIn } from "./browser.mjs";

/** @param {import("./desk.test.mjs").Scene} scene */
export function formShares(scene) {
  test("a 課管理者 shares a form, and the other 課 sees it", async () => {
    const { base } = scene.office;
    const [form] = await scene.office.api("/v1/office-forms");
    assert.ok(form, "the form editor has made one");
    const { page, troubles, context } = await signedIn(scene.browser, base, "渡辺");
    await page.goto(`${base}/forms`);
    await page.locator(`a[href="/forms/${form.id}/shares"]`).press("Enter");
    await page.waitForURL(`${base}/forms/${form.id}/shares`);
    const box = page.getByLabel("福祉課");
    await box.focus();
    await page.keyboard.press("Space");
    await look(page, "form-shares");
    await page.locator("#share").press("Enter");
    await page.waitForURL(/done=1/);
    assert.ok(await box.isChecked());
    const other = await signedIn(scene.browser, base, "田中");
    await other.page.goto(`${base}/forms`);
    const borrowed = other.page.locator("section", { has: other.page.locator("#borrowed") });
    assert.equal(await borrowed.count(), form.in_use ? 1 : 0);
    await look(other.page, "forms-borrowed");
    await other.context.close();
    await box.uncheck();
    await Promise.all([
      page.waitForResponse((answer) => answer.request().method() === "POST"),
      page.locator("#share").press("Enter"),
    ]);
    await page.waitForLoadState();
    await page.goto(`${base}/forms/${form.id}/shares`);
    assert.equal(await box.isChecked(), false);
    assert.deepEqual(troubles, []);
    await context.close();
  });
}
