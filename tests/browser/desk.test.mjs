// @ts-check
/**
 * The desk in a real Chromium on a real service: each job from upload to file by keyboard alone, axe on every page,
 * a picture of every screen under `target/browser/screens`.
 *
 * @typedef {{ office: Office, browser: import("./browser.mjs").Browser, job: string }} Scene
 */

import { after, before, describe } from "node:test";
import { launch } from "./browser.mjs";
import { formEditor } from "./form_editor.mjs";
import { formShares } from "./form_shares.mjs";
import { forms } from "./forms.mjs";
import { law } from "./law.mjs";
import { lawShelf } from "./law_shelf.mjs";
import { live } from "./live.mjs";
import { meeting } from "./meeting.mjs";
import { meetingEditor } from "./meeting_editor.mjs";
import { meetingDesk } from "./meeting_desk.mjs";
import { pieces } from "./pieces.mjs";
import { officeDesk } from "./office_desk.mjs";
import { oidc } from "./oidc.mjs";
import { practice } from "./practice.mjs";
import { retention } from "./retention.mjs";
import { Office } from "./service.mjs";
import { signIn } from "./sign_in.mjs";
import { tray } from "./tray.mjs";
import { zoom } from "./zoom.mjs";

/** @type {Scene} */
const scene = /** @type {any} */ ({});

describe("the desk", { concurrency: false }, () => {
  before(async () => {
    scene.office = await Office.open();
    scene.browser = await launch();
  });
  after(async () => {
    await scene.browser?.close();
    await scene.office?.close();
  });
  forms(scene);
  tray(scene);
  signIn(scene);
  law(scene);
  lawShelf(scene);
  meeting(scene);
  meetingDesk(scene);
  meetingEditor(scene);
  live(scene);
  formEditor(scene);
  formShares(scene);
  pieces(scene);
  practice(scene);
  officeDesk(scene);
  oidc(scene);
  retention(scene);
  // Last: it looks at what all the others left.
  zoom(scene);
});
