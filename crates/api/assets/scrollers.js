// @ts-check
/**
 * Tables and charts that are wider than the window scroll in their own place; while they do, they take the focus, so
 * that arrow keys move them, and say what they are (WCAG 2.2 §2.1.1). Elsewhere they are no stop of the Tab key.
 */

/** What may be wider than the window. */
const WIDE = "table.list, figure.chart";

/** Looks after everything on the page, also what comes later. */
export function setUpScrollers() {
  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) if (target instanceof HTMLElement) take(target);
  });
  /** @type {WeakSet<Element>} */
  const known = new WeakSet();
  const find = () => {
    for (const one of document.querySelectorAll(WIDE)) {
      if (known.has(one)) continue;
      known.add(one);
      sizes.observe(one);
    }
  };
  find();
  let isDue = false;
  new MutationObserver(() => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      find();
    });
  }).observe(document.body, { childList: true, subtree: true });
}

/** @param {HTMLElement} place */
function take(place) {
  const scrolls = place.scrollWidth > place.clientWidth + 1 && getComputedStyle(place).overflowX !== "visible";
  if (!scrolls) return place.removeAttribute("tabindex");
  place.tabIndex = 0;
  const isNamed = place.hasAttribute("aria-label") || place.querySelector("caption, figcaption");
  const heading = place.closest("section[aria-labelledby]")?.getAttribute("aria-labelledby");
  if (!isNamed && heading) place.setAttribute("aria-labelledby", heading);
}
