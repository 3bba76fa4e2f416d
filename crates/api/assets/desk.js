// @ts-check
/** What every page loads: the key sheet, and the elements that a page may have. */

import { setUpKeySheet } from "./keys.js";
import { JobElement, JobsElement } from "./jobs.js";
import { UploadElement } from "./upload.js";
import { GridElement } from "./review/grid.js";
import { ReviewElement } from "./review/screen.js";
import { LawElement } from "./law.js";
import { TrayElement } from "./tray.js";
import { AuditsElement } from "./audits.js";
import { LiveElement, LiveScreenElement } from "./live/screen.js";
import { MeetingElement } from "./meeting/screen.js";
import { FormEditorElement } from "./forms/editor.js";
import { PracticeElement } from "./practice.js";
import { setUpScrollers } from "./scrollers.js";

setUpKeySheet();
setUpScrollers();
customElements.define("shoki-jobs", JobsElement);
customElements.define("shoki-job", JobElement);
customElements.define("shoki-upload", UploadElement);
customElements.define("shoki-review", ReviewElement);
customElements.define("shoki-grid", GridElement);
customElements.define("shoki-law", LawElement);
customElements.define("shoki-meeting", MeetingElement);
customElements.define("shoki-tray", TrayElement);
customElements.define("shoki-audits", AuditsElement);
customElements.define("shoki-live", LiveElement);
customElements.define("shoki-live-screen", LiveScreenElement);
customElements.define("shoki-form-editor", FormEditorElement);
customElements.define("shoki-practice", PracticeElement);
