// @ts-check
/** 帳票定義: from a blank page to a job that is read with the form; by pointer, by keys and by numbers. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { look, signedIn } from "./browser.mjs";

/** Longest wait for a page to be read, milliseconds: the dev build is slow. */
const READ = 300_000;
/** A4 at 200 dpi. */
const A4 = { width: 1654, height: 2339 };
const NAME = "市民講座申込書";

/** @typedef {import("./browser.mjs").Page} Page */

/**
 * A form as its office would print it, blank or filled, as a picture.
 * @param {import("./browser.mjs").Browser} browser @param {Record<string, string>} values
 */
async function printed(browser, values) {
  const context = await browser.newContext({ viewport: A4 });
  const page = await context.newPage();
  const row = (/** @type {string} */ label, /** @type {string} */ key) => `<tr><th>${label}</th><td>${values[key] ?? ""}</td></tr>`;
  await page.setContent(`<style>
    body { margin: 150px; font: 34px "Noto Sans CJK JP", sans-serif; }
    h1 { font-size: 64px; text-align: center; border-bottom: 6px solid; padding-bottom: 20px; margin: 0 0 60px; }
    p { line-height: 1.8; margin: 40px 0; }
    table { width: 100%; border-collapse: collapse; margin-bottom: 60px; }
    th, td { border: 3px solid; height: 110px; text-align: left; padding: 0 20px; font-size: 40px; }
    th { width: 340px; background: #ddd; font-weight: 400; font-size: 34px; }
    aside { border: 3px dashed; padding: 20px; width: 45%; margin-left: auto; }
  </style><h1>${NAME}</h1><p>あさひ野市教育委員会 生涯学習課 御中<br>下記の講座の受講を申し込みます。</p>
  <table>${row("氏名", "name")}${row("フリガナ", "kana")}${row("電話番号", "phone")}${row("住所", "address")}</table>
  <table>${row("講座名", "course")}${row("申込人数", "people")}</table>
  <p>受講料は当日会場でお支払いください。定員を超えたときは抽選になります。<br>お預かりした個人情報は、この講座の連絡のほかには使いません。</p>
  <aside>生涯学習課 使用欄<br>受付 ・ 確認 ・ 通知</aside>`);
  const buffer = await page.screenshot({ type: "png" });
  await context.close();
  return buffer;
}

/** Until everything is saved. @param {Page} page */
const saved = (page) => page.waitForFunction(() => document.getElementById("saved")?.textContent === "保存済み");

/** @param {Page} page */
const fields = (page) => page.locator(".form-fields li").count();

/** @param {Page} page @param {number} edge */
const edge = async (page, edge) => Number(await page.locator(`#box-${edge}`).inputValue());

/** @param {import("./desk.test.mjs").Scene} scene */
export function formEditor(scene) {
  test("a form is made of a blank page, published, and read", { timeout: READ }, async () => {
    const { base } = scene.office;
    const { page, troubles, context } = await signedIn(scene.browser, base, "佐藤");
    await page.getByRole("link", { name: "帳票定義" }).click();
    await page.waitForURL(`${base}/forms`);
    await look(page, "forms-empty");
    await page.locator("#name").fill(NAME);
    const blank = await printed(scene.browser, {});
    await page.locator("#file").setInputFiles({ name: "blank.png", mimeType: "image/png", buffer: blank });
    await page.locator("#submit").click();
    await page.waitForURL(/\/forms\/f[0-9a-f]{16}$/, { timeout: READ });
    await page.locator(".suggested").first().waitFor({ timeout: READ });
    await look(page, "form-suggested");

    await page.locator("#take-all").click();
    await saved(page);
    assert.equal(await fields(page), 6);
    const names = await page.locator(".form-fields button").allTextContents();
    assert.match(names.join("/"), /氏名.*フリガナ.*電話番号.*住所.*講座名/, names.join("/"));
    await look(page, "form-taken");

    // By numbers, by keys, by pointer; and back.
    await page.locator(".form-fields button").first().click();
    const left = await edge(page, 0);
    await page.locator("#box-0").fill(String(left + 2));
    await page.locator("#box-0").press("Tab");
    await page.locator(".paper .selected").focus();
    await page.keyboard.press("ArrowRight");
    assert.equal(await edge(page, 0), Math.round((left + 2.5) * 10) / 10);
    const wide = await edge(page, 2);
    await page.keyboard.press("Shift+ArrowLeft");
    assert.equal(await edge(page, 2), Math.round((wide - 0.5) * 10) / 10);
    const place = await page.locator(".paper .selected rect").first().boundingBox();
    assert.ok(place);
    await page.mouse.move(place.x + place.width / 2, place.y + place.height / 2);
    await page.mouse.down();
    await page.mouse.move(place.x + place.width / 2 + 20, place.y + place.height / 2, { steps: 3 });
    await page.mouse.up();
    assert.ok((await edge(page, 0)) > left + 3, "dragged to the right");
    for (let step = 0; step < 4; step += 1) await page.locator("#undo").click();
    assert.equal(await edge(page, 0), left);
    await page.locator("#redo").click();
    assert.equal(await edge(page, 0), Math.round((left + 2) * 10) / 10);
    await page.locator("#undo").click();
    await saved(page);

    // What is wrong is said where it is, and keeps it from being published.
    await page.locator("#field-label").fill("");
    await page.locator("#field-label").press("Tab");
    await saved(page);
    await page.locator(".form-panel .notice-error").first().waitFor();
    await look(page, "form-faulty");
    await page.locator("#publish-form").click();
    await page.locator("#publish-faults").waitFor();
    assert.equal(await page.locator("#publish-start").isDisabled(), true);
    await page.keyboard.press("Escape");
    await page.locator("#field-label").fill("氏名");
    await page.locator("#field-label").press("Tab");
    await page.locator("#form-check").selectOption("all");
    await saved(page);

    const filled = await printed(scene.browser, { name: "和田 隆", kana: "ワダ タカシ", phone: "042-585-1111", address: "あさひ野市本町1-2", course: "書道入門", people: "2" });
    const file = { name: "filled.png", mimeType: "image/png", buffer: filled };
    await page.locator("#try").click();
    await page.locator("#trial-file").setInputFiles(file);
    await page.locator("#trial-start").click();
    await page.locator("#trial-table").waitFor({ timeout: READ });
    await look(page, "form-trial");
    assert.match((await page.locator("#trial-table").textContent()) ?? "", /和田/);
    await page.keyboard.press("Escape");

    await page.locator("#publish-form").click();
    await page.locator("#publish-note").fill("初版");
    await page.locator("#publish-start").click();
    await page.locator("#published").waitFor({ timeout: READ });
    await look(page, "form-published");
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#form-state").textContent(), "第1版を使用中");

    // No restart: the next stack is read with it.
    await page.goto(`${base}/read`);
    await page.locator("#file").setInputFiles(file);
    await page.locator("#submit").click();
    await page.waitForURL(/\/jobs\/[0-9a-f-]{36}$/);
    await page.locator("#outputs").waitFor({ timeout: READ });
    assert.match((await page.locator("#main").textContent()) ?? "", new RegExp(NAME));
    const csv = await page.request.get(await page.locator("#outputs ~ table a").first().getAttribute("href").then((path) => `${base}${path}`));
    assert.match(await csv.text(), /氏名[\s\S]*和田/);
    await page.goto(`${base}/forms`);
    await look(page, "forms");
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test("two people do not overwrite each other's form, and another 課 does not see it", { timeout: READ }, async () => {
    const { base } = scene.office;
    const [one, other] = [await signedIn(scene.browser, base, "佐藤"), await signedIn(scene.browser, base, "鈴木")];
    await one.page.goto(`${base}/forms`);
    const path = await one.page.locator("#forms a").first().getAttribute("href");
    for (const { page } of [one, other]) {
      await page.goto(`${base}${path}`);
      await page.locator(".form-fields button").first().click();
    }
    await one.page.locator("#field-label").fill("お名前");
    await one.page.locator("#field-label").press("Tab");
    await saved(one.page);
    await other.page.locator("#field-label").fill("参加者");
    await other.page.locator("#field-label").press("Tab");
    await other.page.locator("#trouble").waitFor();
    await look(other.page, "form-overtaken");
    assert.match((await other.page.locator("#trouble").textContent()) ?? "", /他の人が先に変更しました/);
    const stranger = await signedIn(scene.browser, base, "田中");
    assert.equal((await stranger.page.goto(`${base}${path}`))?.status(), 404);
    for (const { context } of [one, other, stranger]) await context.close();
  });
}
