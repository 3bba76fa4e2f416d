// @ts-check
/** 法令・通知: 新旧対照, references, 根拠票 on paper, FAQ, favourites, history. By keyboard. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { look, signedIn } from "./browser.mjs";
import { SHOTS } from "./service.mjs";

const QUESTION = "子どもの通院でいくら払えばいいですか";

/** @param {import("./desk.test.mjs").Scene} scene */
export function lawShelf(scene) {
  test("two versions of a text stand side by side", async () => {
    const { base } = scene.office;
    const { page, troubles, context } = await signedIn(scene.browser, base, "佐藤");
    await page.goto(`${base}/law/sources`);
    await page.getByRole("link", { name: "子どもの医療費の助成に関する条例", exact: false }).first().press("Enter");
    await page.locator(".versions").waitFor();
    await page.getByRole("link", { name: "新旧対照" }).press("Enter");
    await page.waitForURL(/\/law\/difference\//);
    assert.ok((await page.locator(".difference del").count()) > 0 && (await page.locator(".difference ins").count()) > 0);
    await look(page, "law-difference");
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test("a reference in a text leads to its article, in the reader too", async () => {
    const { base } = scene.office;
    const { page, troubles, context } = await signedIn(scene.browser, base, "佐藤");
    await page.goto(`${base}/law/sources`);
    const paths = await page.locator("tbody a").evaluateAll((links) => links.map((link) => link.getAttribute("href") ?? ""));
    let led = false;
    for (const path of paths) {
      await page.goto(`${base}${path}`);
      const other = page.locator('.passage p a[href*="item="]').first();
      if (!(await other.count())) continue;
      await look(page, "law-text-references");
      await other.press("Enter");
      await page.waitForURL(/at=\d+#p\d+$/);
      await page.locator(".passage.lit").waitFor();
      led = true;
      break;
    }
    assert.ok(led, "some text refers to another one that is there");
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test("a question is kept with its answer, a passage at hand, and printed on one sheet", async () => {
    const { base } = scene.office;
    const { page, troubles, context } = await signedIn(scene.browser, base, "佐藤");
    await page.goto(`${base}/law?q=${encodeURIComponent(QUESTION)}&as_of=2026-11-30`);
    await page.getByRole("button", { name: "お気に入りに加える" }).first().press("Enter");
    await page.waitForURL(/marked=favourite/);
    await page.getByText("この質問と答えを自課のFAQに加える").press("Enter");
    await page.locator("#faq-answer").fill("通院は1回200円です。");
    await page.locator(".faq-new input[type=checkbox]").first().check();
    await page.locator(".faq-new").scrollIntoViewIfNeeded();
    await look(page, "law-faq-new");
    await page.getByRole("button", { name: "FAQに加える" }).press("Enter");
    await page.waitForURL(/marked=faq/);
    await page.locator(".hit.own").waitFor();
    await look(page, "law-faq-answer");

    await page.locator("#slip").press("Enter");
    await page.waitForURL(/\/slip$/);
    await look(page, "law-slip");
    await page.emulateMedia({ media: "print" });
    const pdf = await page.pdf({ preferCSSPageSize: true });
    const sheets = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length;
    assert.equal(sheets, 1, "one sheet of A4");
    writeFileSync(join(SHOTS, "law-slip.pdf"), pdf);
    await page.screenshot({ path: join(SHOTS, "law-slip-print.png"), fullPage: true });
    await page.emulateMedia({ media: null });

    await page.goto(`${base}/law/faq`);
    assert.match((await page.locator(".shelf").textContent()) ?? "", /通院は1回200円です。/);
    await look(page, "law-faq");
    await page.getByRole("link", { name: /^直す/ }).first().press("Enter");
    await page.waitForURL(/\/law\/faq\/[0-9a-f-]{36}$/);
    await page.getByLabel("答え", { exact: true }).fill("通院は1回200円です。薬局は無料です。");
    await look(page, "law-faq-edit");
    await page.locator("#save").press("Enter");
    await page.waitForURL(/done=save$/);
    assert.equal(await page.locator("tbody tr").count(), 2, "what it said before is there");
    await page.locator("#withdraw").press("Enter");
    await page.waitForURL(/done=withdraw$/);
    await look(page, "law-faq-withdrawn");
    await page.goto(`${base}/law?q=${encodeURIComponent(QUESTION)}&as_of=2026-11-30`);
    await page.locator("#summary").waitFor();
    assert.equal(await page.locator(".hit.own").count(), 0, "what is withdrawn is no answer");
    await page.goto(`${base}/law/faq`);
    await page.getByRole("link", { name: /^直す/ }).first().press("Enter");
    await page.locator("#restore").press("Enter");
    await page.waitForURL(/done=restore$/);
    await page.goto(`${base}/law/faq`);
    await page.getByRole("button", { name: "削除する" }).first().press("Enter");
    await page.locator(".empty").waitFor();
    await page.goto(`${base}/law/favourites`);
    await look(page, "law-favourites");
    await page.getByRole("button", { name: "外す" }).first().press("Enter");
    await page.locator(".empty").waitFor();
    await page.goto(`${base}/law/history`);
    await look(page, "law-history-all");
    await page.locator(".shelf a").first().press("Enter");
    await page.waitForURL(/\/law\?q=/);
    await page.locator("a.open").first().waitFor();
    assert.deepEqual(troubles, []);
    await context.close();
  });
}
