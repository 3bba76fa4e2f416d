// @ts-check
/** A small dialog that asks why something masked is looked at. */

import { make } from "./review/view.js";

/**
 * The reason; `null`: the person does not want to look after all. Where the focus was, it is afterwards.
 * @param {string} proposed
 * @returns {Promise<string | null>}
 */
export async function askReason(proposed) {
  const before = document.activeElement;
  const input = make("input", { id: "reason", maxlength: "200", value: proposed, required: "", autocomplete: "off" });
  const form = make(
    "form",
    { method: "dialog", class: "reason-form" },
    make("p", {}, "見た人、時刻、理由が監査記録に残ります。表示するのは今回だけです。"),
    make("div", { class: "field" }, make("label", { for: "reason" }, "見る理由"), input),
    make(
      "div",
      { class: "dialog-acts" },
      make("button", { class: "button button-primary", value: "see", id: "see" }, "見る ", make("kbd", {}, "Enter")),
      make("button", { class: "button", value: "", formnovalidate: "" }, "やめる ", make("kbd", {}, "Esc")),
    ),
  );
  const dialog = make("dialog", { id: "reason-dialog", "aria-labelledby": "reason-title" }, make("h2", { id: "reason-title" }, "伏せてある内容を見る"), form);
  document.body.append(dialog);
  dialog.showModal();
  input.focus();
  input.select();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  dialog.remove();
  if (before instanceof HTMLElement) before.focus();
  const reason = input.value.trim();
  return dialog.returnValue === "see" && reason ? reason : null;
}
