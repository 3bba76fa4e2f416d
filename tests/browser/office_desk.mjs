// @ts-check
/** 成果 and 管理: figures with their formula, people and accounts, the audit log; who may not. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { enter, look, newcomer, signedIn } from "./browser.mjs";
import { PASSWORD } from "./service.mjs";

/** @param {import("./desk.test.mjs").Scene} scene */
export function officeDesk(scene) {
  test("figures open their formula, and go out as a book", async () => {
    const { base } = scene.office;
    const { page, troubles, context } = await signedIn(scene.browser, base, "渡辺");
    await page.getByRole("link", { name: "成果" }).click();
    await page.waitForURL(`${base}/results`);
    const rate = page.locator("details.tile", { hasText: "識字率" }).first();
    await rate.locator("summary").focus();
    await page.keyboard.press("Enter");
    assert.match((await rate.locator("p").textContent()) ?? "", /文字の数 .* − 職員が直した文字の数/);
    const asked = page.locator("section", { has: page.locator("#questions") });
    assert.match((await asked.locator(".tile strong").first().textContent()) ?? "", /^[1-9]\d* 件$/, "questions");
    assert.ok((await page.locator("svg.chart, .chart svg").count()) > 0, "a chart");
    await look(page, "results");
    await page.getByLabel("手入力では1枚に何秒か").fill("九十");
    await page.keyboard.press("Enter");
    await page.waitForURL(/hand_sheet=/);
    assert.match((await page.locator("main").textContent()) ?? "", /1以上の整数/);
    await page.goto(`${base}/results?hand_sheet=90`);
    const [file] = await Promise.all([page.waitForEvent("download"), page.locator("#excel").click()]);
    assert.match(file.suggestedFilename(), /^成果_.*\.xlsx$/);
    assert.deepEqual(troubles.filter((trouble) => !trouble.includes("422") && !trouble.includes("400")), []);
    await context.close();
  });

  test("a 課管理者 adds a person, who signs in; the audit log says so and is whole", async () => {
    const { base } = scene.office;
    const { page, troubles, context } = await signedIn(scene.browser, base, "渡辺");
    await page.getByRole("link", { name: "管理" }).click();
    await page.waitForURL(`${base}/office`);
    await page.locator("#ready").waitFor();
    await look(page, "office");
    await page.getByRole("link", { name: "課と職員" }).click();
    await page.waitForURL(`${base}/office/people`);
    assert.equal(await page.locator("section h2").count(), 1, "the own 課 alone");
    await page.getByText("職員を加える").first().click();
    await page.getByLabel("名前", { exact: true }).fill("新人");
    await page.getByLabel("サインイン名(画面を使う人だけ)").fill("新人");
    await page.getByLabel(/^パスワード/).last().fill(PASSWORD);
    await look(page, "office-people");
    await page.keyboard.press("Enter");
    await page.waitForURL(/done=person/);
    const other = await newcomer(scene.browser, base);
    await other.page.goto(base);
    await enter(other.page, "新人", PASSWORD);
    await other.page.waitForURL(`${base}/`);
    await other.context.close();
    await page.getByRole("link", { name: "監査記録" }).click();
    await page.waitForURL(`${base}/office/audit`);
    await page.getByLabel("操作", { exact: true }).selectOption("people.");
    await page.getByRole("button", { name: "探す" }).click();
    await page.waitForURL(/kind=people/);
    assert.match((await page.locator("table").textContent()) ?? "", /渡辺.*職員を加えた/);
    await page.locator("#verify").click();
    assert.match((await page.locator("#verified").textContent()) ?? "", /\d+ 件を検証しました。食い違いはありません/);
    await look(page, "office-audit");
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test("a 担当者 has no 管理, and is told so", async () => {
    const { base } = scene.office;
    const { page, context } = await signedIn(scene.browser, base, "佐藤");
    assert.equal(await page.getByRole("link", { name: "管理", exact: true }).count(), 0);
    assert.equal((await page.goto(`${base}/office/people`))?.status(), 403);
    assert.equal((await page.goto(`${base}/office/audit`))?.status(), 403);
    await context.close();
  });
}
