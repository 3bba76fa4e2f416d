// @ts-check
/** Keys: nothing happens while an IME converts; the sheet that `?` opens. */

/** `keyCode` of every key that an IME takes (UI Events §3.7.3); some say it without `isComposing`. */
const TAKEN_BY_IME = 229;

/** Whether a key belongs to a conversion. @param {KeyboardEvent} event */
export function isConverting(event) {
  return event.isComposing || event.keyCode === TAKEN_BY_IME;
}

/** Whether somebody is typing a text there. @param {EventTarget | null} target */
export function isText(target) {
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  if (!(target instanceof HTMLInputElement)) return false;
  return !["button", "checkbox", "radio", "file", "submit"].includes(target.type);
}

/** Whether the key does something there by itself. @param {EventTarget | null} target */
export function isActive(target) {
  return target instanceof Element && target.closest("a[href], button, summary, select, audio") !== null;
}

/** Opens the sheet of keys by `?` and by its button. */
export function setUpKeySheet() {
  const sheet = document.getElementById("keys");
  const button = document.getElementById("show-keys");
  if (!(sheet instanceof HTMLDialogElement) || !button) return;
  button.hidden = false;
  button.addEventListener("click", () => sheet.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.key !== "?" || isConverting(event) || isText(event.target) || sheet.open) return;
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    sheet.showModal();
  });
}
