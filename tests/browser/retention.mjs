// @ts-check
/** 保存期間: set by keyboard, seen before anything goes; the certificate of a deletion on one sheet. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { look, signedIn } from "./browser.mjs";
import { SHOTS } from "./service.mjs";

/** @param {import("./desk.test.mjs").Scene} scene */
export function retention(scene) {
  test("a 課管理者 sets how long forms are kept, and prints the certificate of a deletion", async () => {
    const { base, token } = scene.office;
    const form = new FormData();
    form.set("file", new Blob([Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1])]), "消す文書.png");
    const made = await scene.office.api("/v1/documents", { method: "POST", body: form });
    const gone = await fetch(`${base}/v1/documents/${made.id}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal(gone.status, 204);

    const { page, troubles, context } = await signedIn(scene.browser, base, "渡辺");
    await page.getByRole("link", { name: "管理" }).click();
    await page.getByRole("link", { name: "保存期間" }).click();
    await page.waitForURL(`${base}/office/retention`);
    await page.locator("#days-forms").fill("１８２５");
    await page.keyboard.press("Enter");
    await page.waitForURL(/done=set/);
    assert.equal(await page.locator("#days-forms").inputValue(), "1825");
    assert.match((await page.getByRole("status").first().textContent()) ?? "", /保存期間を変えました/);
    assert.match((await page.locator("#goes").textContent()) ?? "", /消えるものはありません/);
    await look(page, "office-retention");

    await page.getByRole("link", { name: /^開く/ }).first().press("Enter");
    await page.waitForURL(/\/office\/certificates\//);
    assert.match((await page.locator("article").textContent()) ?? "", /削除証明書.*佐藤/s);
    assert.doesNotMatch((await page.locator("article").textContent()) ?? "", /消す文書/);
    await look(page, "office-certificate");
    await page.emulateMedia({ media: "print" });
    const pdf = await page.pdf({ preferCSSPageSize: true });
    const sheets = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length;
    assert.equal(sheets, 1, "one sheet of A4");
    writeFileSync(join(SHOTS, "office-certificate.pdf"), pdf);
    await page.emulateMedia({ media: null });
    const [file] = await Promise.all([page.waitForEvent("download"), page.locator("#certificate-file").click()]);
    assert.match(file.suggestedFilename(), /^deletion-certificate-.*\.json$/);
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test("a 課管理者 has the models checked, and sees the sources with their index", async () => {
    const { base } = scene.office;
    const { page, troubles, context } = await signedIn(scene.browser, base, "渡辺");
    await page.goto(`${base}/office/models`);
    assert.ok((await page.locator("tbody tr").count()) > 3, "models");
    assert.match((await page.locator("code.hash").first().textContent()) ?? "", /^[0-9a-f]{64}$/);
    await look(page, "office-models");
    await page.locator("#check-models").press("Enter");
    await page.waitForURL(/done=check/);
    await page.getByRole("link", { name: "法令・通知の資料" }).press("Enter");
    await page.waitForURL(`${base}/office/sources`);
    assert.match((await page.locator("main").textContent()) ?? "", /取り込んだものがすべて入っています/);
    assert.ok((await page.locator("tbody tr").count()) > 0, "sources");
    await look(page, "office-sources");
    assert.deepEqual(troubles, []);
    await context.close();
  });
}
