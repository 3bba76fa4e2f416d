// @ts-check
/**
 * The rules of a form that a field has a part in, as far as they are set on the screen; the others stay as they are.
 *
 * @typedef {import("./draft.js").Definition} Definition
 * @typedef {import("./draft.js").Rule} Rule
 * @typedef {import("./draft.js").Field} Field
 */

/** A word in an equation. */
const WORD = /[a-z][a-z0-9_]*/g;

/** @param {Definition} definition @param {string} before @param {string} after */
export function renameInRules(definition, before, after) {
  const swap = (/** @type {any} */ value) => (value === before ? after : value);
  for (const rule of definition.rule ?? []) {
    for (const [name, value] of Object.entries(rule)) {
      // The values that make another field required are no keys.
      if (!isOfKeys(rule, name)) continue;
      if (name === "is") rule[name] = String(value).replaceAll(WORD, swap);
      else rule[name] = Array.isArray(value) ? value.map(swap) : swap(value);
    }
  }
  for (const output of definition["output"] ?? []) {
    for (const column of output.column ?? []) if (column.field === before) column.field = after;
  }
}

/** Removes a field, and the rules and the columns that speak of it. @param {Definition} definition @param {number} at */
export function withoutField(definition, at) {
  const [gone] = definition.field.splice(at, 1);
  if (!gone) return;
  const names = (/** @type {any} */ value) =>
    Array.isArray(value) ? value.includes(gone.key) : typeof value === "string" && [...value.matchAll(WORD)].some(([word]) => word === gone.key);
  definition.rule = (definition.rule ?? []).filter((rule) => !Object.entries(rule).some(([name, value]) => isOfKeys(rule, name) && names(value)));
  for (const output of definition["output"] ?? []) {
    output.column = (output.column ?? []).filter((/** @type {any} */ column) => column.field !== gone.key);
  }
}

/** Whether an entry of a rule holds keys. @param {Rule} rule @param {string} name */
function isOfKeys(rule, name) {
  return name !== "kind" && (name !== "is" || rule.kind === "sum");
}

/** The rule of a kind about one field. @param {Definition} definition @param {string} kind @param {string} key */
export function ruleOf(definition, kind, key) {
  return (definition.rule ?? []).find((rule) => rule.kind === kind && isAbout(rule, key));
}

/** @param {Rule} rule @param {string} key */
function isAbout(rule, key) {
  if (rule.kind === "date") return Array.isArray(rule["date"]) && rule["date"].at(-1) === key;
  if (rule.kind === "sum") return String(rule["is"]).split("=")[0]?.trim() === key;
  return rule["field"] === key;
}

/** Puts a rule in the place of the one of its kind about the field; `null` takes it away.
 * @param {Definition} definition @param {string} kind @param {string} key @param {Rule | null} rule */
export function setRule(definition, kind, key, rule) {
  const rules = definition.rule ?? [];
  const place = rules.findIndex((one) => one.kind === kind && isAbout(one, key));
  if (place < 0 && rule) rules.push(rule);
  else if (place >= 0 && rule) rules.splice(place, 1, rule);
  else if (place >= 0) rules.splice(place, 1);
  definition.rule = rules;
}
