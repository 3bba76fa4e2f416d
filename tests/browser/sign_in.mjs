// @ts-check
/** Signing in and out, another 課, another 課's addresses. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { enter, look, newcomer, signedIn } from "./browser.mjs";
import { PASSWORD } from "./service.mjs";

/** @param {import("./desk.test.mjs").Scene} scene */
export function signIn(scene) {
  test("whoever is not signed in is asked, and comes back to where the look led", async () => {
    const { base } = scene.office;
    const { page, troubles, context } = await newcomer(scene.browser, base);
    await page.goto(`${base}/jobs?kind=forms`);
    assert.equal(new URL(page.url()).pathname, "/sign-in");
    await look(page, "sign-in");
    await enter(page, "佐藤", "ちがうパスワード");
    await page.getByRole("alert").waitFor();
    await look(page, "sign-in-refused");
    assert.equal(await page.getByLabel("職員名").inputValue(), "佐藤", "what was typed is kept");
    await enter(page, "佐藤", PASSWORD);
    await page.waitForURL(`${base}/jobs?kind=forms`);
    const cookies = await context.cookies();
    assert.deepEqual(
      cookies.map(({ name, secure, httpOnly, sameSite, path }) => ({ name, secure, httpOnly, sameSite, path })),
      [{ name: "__Host-shoki", secure: true, httpOnly: true, sameSite: "Lax", path: "/" }],
    );
    await page.locator("#sign-out").click();
    await page.waitForURL(`${base}/sign-in`);
    await page.goto(`${base}/jobs`);
    assert.equal(new URL(page.url()).pathname, "/sign-in");
    assert.deepEqual(troubles, []);
    await context.close();
  });

  test("a person of two 課 changes between them, and sees one at a time", async () => {
    const { base } = scene.office;
    const { page, context } = await signedIn(scene.browser, base, "佐藤");
    const first = await page.locator("#department").textContent();
    await page.locator("#department").click();
    await page.getByRole("button", { name: "に切り替える" }).click();
    await page.waitForURL(`${base}/`);
    const second = await page.locator("#department").textContent();
    assert.deepEqual(new Set([first, second]), new Set(["市民税課", "福祉課"]));
    await context.close();
  });

  test("what is nowhere, or another 課's, is a page that says what to do", async () => {
    const { base } = scene.office;
    const { page, context } = await signedIn(scene.browser, base, "田中");
    const answer = await page.goto(`${base}/jobs/019add00-0000-7000-8000-000000000000`);
    assert.equal(answer?.status(), 404);
    await look(page, "not-found");
    for (const path of [`/jobs/${scene.job}`, `/jobs/${scene.job}/check`]) {
      const foreign = await page.goto(`${base}${path}`);
      assert.equal(foreign?.status(), 404, path);
    }
    assert.equal((await page.goto(`${base}/nowhere`))?.status(), 404);
    await context.close();
  });

  test("a post of another site changes nothing", async () => {
    const { base } = scene.office;
    const { page, context } = await signedIn(scene.browser, base, "田中");
    const token = await page.locator('meta[name="csrf"]').getAttribute("content");
    const statuses = await page.evaluate(async (token) => {
      const post = async (/** @type {string} */ path) => (await fetch(path, { method: "POST" })).status;
      return [await post("/sign-out"), await post("/sign-out?csrf=0"), await post(`/v1/jobs/019add00-0000-7000-8000-000000000000/cancel?csrf=${token}`)];
    }, token);
    assert.deepEqual(statuses, [403, 403, 404], "with the token it is looked for");
    await page.goto(base);
    assert.equal(await page.locator("#person").textContent(), "田中", "still signed in");
    await context.close();
  });
}
