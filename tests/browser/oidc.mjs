// @ts-check
/**
 * Signing in at an OpenID provider: panva's certified `oidc-provider` on `localhost`, the service on `127.0.0.1`, so
 * that the way back is a look from another site, as it is in an office.
 */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Provider } from "oidc-provider";
import { enter, look, newcomer } from "./browser.mjs";
import { Office, PASSWORD, freePort } from "./service.mjs";

/** Who is in which group of the provider. @type {Record<string, string[]>} */
const GROUPS = { ito: ["tax", "welfare"], suzuki: ["someone else"], 佐藤: ["welfare"] };
const SECRET = "client secret of the test";

/** The provider; whoever knows a name is let in, which is its own interaction page for development. @param {string} issuer @param {string} base */
function provider(issuer, base) {
  const scopes = ["openid", "profile", "groups"];
  return new Provider(issuer, {
    clients: [
      {
        client_id: "shoki",
        client_secret: SECRET,
        redirect_uris: [`${base}/sign-in/oidc/return`],
        post_logout_redirect_uris: [`${base}/sign-in`],
      },
    ],
    scopes,
    claims: { openid: ["sub"], profile: ["name", "preferred_username"], groups: ["groups"] },
    cookies: { keys: ["fictional"] },
    pkce: { required: () => true },
    findAccount: async (/** @type {unknown} */ _context, /** @type {string} */ id) => ({
      accountId: id,
      claims: async () => ({ sub: id, name: `${id} さん`, preferred_username: id, groups: GROUPS[id] ?? [] }),
    }),
  });
}

/** At the provider: a name, any password, consent. @param {import("playwright-core").Page} page @param {string} name */
async function enterThere(page, name) {
  await page.locator('input[name="login"]').fill(name);
  await page.locator('input[name="password"]').fill("any");
  await page.locator('button[type="submit"]').click();
  await page.locator('input[name="prompt"][value="consent"]').waitFor({ state: "attached" });
  await page.locator('button[type="submit"]').click();
}

/** @param {import("./desk.test.mjs").Scene} scene */
export function oidc(scene) {
  describe("an OpenID provider", { concurrency: false }, () => {
    /** @type {Office} */
    let office;
    /** @type {import("node:http").Server} */
    let server;
    let issuer = "";

    before(async () => {
      const port = await freePort();
      issuer = `http://localhost:${port}`;
      office = await Office.bare(({ base, home }) => {
        const secret = join(home, "client-secret");
        writeFileSync(secret, `${SECRET}\n`);
        return {
          SHOKI_SIGN_IN__DIRECTORY: "oidc",
          SHOKI_SIGN_IN__OIDC__ISSUER: issuer,
          SHOKI_SIGN_IN__OIDC__CLIENT_ID: "shoki",
          SHOKI_SIGN_IN__OIDC__CLIENT_SECRET_FILE: secret,
          SHOKI_SIGN_IN__OIDC__PUBLIC_URL: base,
          SHOKI_SIGN_IN__OIDC__GROUP:
            '[{name = "tax", department = "市民税課", role = "clerk"}, {name = "welfare", department = "福祉課", role = "clerk"}]',
        };
      });
      const running = provider(issuer, office.base);
      server = await new Promise((done) => {
        const listening = running.listen(port, "localhost", () => done(listening));
      });
    });
    after(async () => {
      server?.closeAllConnections();
      server?.close();
      await office?.close();
    });

    /** A newcomer at the sign-in. @param {string} [next] */
    async function visit(next = "/") {
      const visit = await newcomer(scene.browser, office.base);
      /** @type {{ begun: URL[], returned: URL[], elsewhere: string[] }} What was begun and came back, and what the provider's own pages asked for. */
      const seen = { begun: [], returned: [], elsewhere: [] };
      visit.page.on("request", (request) => {
        const url = request.url();
        if (request.frame().url().startsWith(issuer) && !request.isNavigationRequest()) seen.elsewhere.push(url);
        if (url.startsWith(`${issuer}/auth?`)) seen.begun.push(new URL(url));
        if (url.startsWith(`${office.base}/sign-in/oidc/return?`)) seen.returned.push(new URL(url));
      });
      await visit.page.goto(`${office.base}${next}`);
      return { ...visit, ...seen };
    }

    test("somebody of two groups signs in there, comes back to where the look led, and signs out of both", async () => {
      const { page, context, troubles, elsewhere } = await visit("/jobs?kind=forms");
      await look(page, "sign-in-provider");
      await page.locator("#provider").click();
      await enterThere(page, "ito");
      await page.waitForURL(`${office.base}/jobs?kind=forms`);
      assert.equal(await page.locator("#person").textContent(), "ito さん");
      await page.locator("#department").click();
      await page.getByRole("button", { name: "福祉課" }).waitFor();
      const cookies = (await context.cookies(office.base)).filter(({ name }) => name.startsWith("__Host-"));
      assert.deepEqual(
        cookies.map(({ name, secure, httpOnly, sameSite }) => ({ name, secure, httpOnly, sameSite })),
        [{ name: "__Host-shoki", secure: true, httpOnly: true, sameSite: "Lax" }],
      );
      await page.locator("#department").click();
      await page.locator("#sign-out").click();
      await page.waitForURL(`${issuer}/session/end**`);
      await page.locator('button[value="yes"]').click();
      await page.waitForURL(`${office.base}/sign-in**`);
      await page.goto(`${office.base}/jobs`);
      assert.equal(new URL(page.url()).pathname, "/sign-in");
      // The provider's pages are its own: it asks for a font elsewhere.
      assert.deepEqual(troubles.filter((trouble) => !trouble.startsWith(`asks ${issuer}`) && !elsewhere.some((url) => trouble === `asks ${url}`)), []);
      await context.close();
    });

    test("a state that is not this browser's, or was used, lets nobody in", async () => {
      const { page, context, begun, returned } = await visit();
      await page.locator("#provider").click();
      assert.equal(new URL(page.url()).host, new URL(issuer).host);
      const tampered = await page.goto(`${office.base}/sign-in/oidc/return?code=x&state=tampered`);
      assert.equal(tampered?.status(), 403);
      await page.getByRole("alert").waitFor();
      await look(page, "sign-in-untrusted");

      await page.goto(`${office.base}/sign-in`);
      await page.locator("#provider").click();
      await enterThere(page, "ito");
      await page.waitForURL(`${office.base}/`);
      const used = returned.at(-1);
      assert.ok(used?.searchParams.get("code"));
      await context.clearCookies({ name: "__Host-shoki" });
      assert.equal((await page.goto(used.href))?.status(), 403, "the same answer again");
      await page.goto(`${office.base}/jobs`);
      assert.equal(new URL(page.url()).pathname, "/sign-in");

      // The code again, with a state of this browser that is good: the provider refuses it.
      await context.clearCookies({ domain: "localhost" });
      await page.locator("#provider").click();
      const replay = new URL(used.href);
      replay.searchParams.set("state", begun.at(-1)?.searchParams.get("state") ?? "");
      assert.notEqual(replay.href, used.href);
      assert.equal((await page.goto(replay.href))?.status(), 403, "the same code again");
      await context.close();
    });

    test("what one browser began another does not finish", async () => {
      const victim = await visit("/sign-in/oidc");
      const attacker = await visit("/sign-in/oidc");
      const begun = attacker.begun.at(-1)?.searchParams;
      assert.equal(begun?.get("code_challenge_method"), "S256");
      const state = begun.get("state") ?? "";
      assert.notEqual(victim.begun.at(-1)?.searchParams.get("state"), state);
      const answer = await victim.page.goto(`${office.base}/sign-in/oidc/return?code=x&state=${state}`);
      assert.equal(answer?.status(), 403);
      await victim.context.close();
      await attacker.context.close();
    });

    test("the way back leads to a page of ours alone", async () => {
      const { page, context } = await visit();
      await page.goto(`${office.base}/sign-in/oidc?next=//evil.example/`);
      await enterThere(page, "ito");
      await page.waitForURL(`${office.base}/`);
      await context.close();
    });

    test("whoever is in no group of the office is told whom to ask", async () => {
      const { page, context } = await visit();
      await page.locator("#provider").click();
      await enterThere(page, "suzuki");
      const alert = page.getByRole("alert");
      await alert.waitFor();
      assert.match((await alert.textContent()) ?? "", /グループに入っていません/);
      await look(page, "sign-in-no-group");
      await page.goto(`${office.base}/jobs`);
      assert.equal(new URL(page.url()).pathname, "/sign-in");
      await context.close();
    });

    test("a local account works beside it, and is not the provider's person of that name", async () => {
      const { page, context } = await visit();
      await page.getByText("このシステムのアカウントでサインインする").click();
      await enter(page, "佐藤", PASSWORD);
      await page.waitForURL(`${office.base}/`);
      await page.goto(`${office.base}/office/people`);
      await page.getByRole("cell", { name: /庁内の認証\(OpenID Connect\)/ }).first().waitFor();
      await look(page, "office-people-provider");
      await page.locator("#sign-out").click();
      await page.waitForURL(`${office.base}/sign-in`);
      await page.locator("#provider").click();
      await enterThere(page, "佐藤");
      await page.waitForURL(`${office.base}/`);
      assert.equal(await page.locator("#person").textContent(), "佐藤 さん");
      assert.equal((await page.goto(`${office.base}/office/people`))?.status(), 403, "a clerk, no system admin");
      await context.close();
    });
  });
}
