// @ts-check
/**
 * 確認画面 as elements: made anew from the model at each step.
 *
 * @typedef {import("./model.js").Field} Field
 * @typedef {import("./model.js").Review} Review
 * @typedef {import("./pictures.js").Pictures} Pictures
 */

/** How much a field is enlarged at most (PRODUCT.md); a wide one as far as there is room. */
const ENLARGED = 3;
/** Most candidates with a key. */
const CANDIDATES = 5;

/** Two people write without seeing what was read: there is nothing to be sure of. @type {Record<string, string>} */
const STATES = { sure: "確実", check: "要確認", unreadable: "読めません", blind: "入力" };
/** @type {Record<string, string>} */
const TASKS = { check: "確認", first: "入力(一人目)", second: "入力(二人目)", decide: "決定", done: "完了" };

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} kind
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(kind, attributes = {}, ...children) {
  const element = document.createElement(kind);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A button that says its keys. @param {string} name @param {string} act @param {string[]} keys @param {string} [look] */
export function button(name, act, keys, look = "") {
  const shown = keys.flatMap((key, place) => (place ? ["+", make("kbd", {}, key)] : [make("kbd", {}, key)]));
  return make("button", { type: "button", class: `button ${look}`, "data-act": act, id: act }, name, ...shown);
}

/** @param {Review} review @param {string} name */
export function head(review, name) {
  const { sheet, progress } = review;
  /** @type {HTMLElement[]} */
  const children = [
    make("a", { href: `/jobs/${review.job}`, "data-act": "leave" }, "← 中断"),
    make("h2", {}, sheet ? `${sheet.page} ページ ${sheet.form_name ?? sheet.form}` : name),
  ];
  if (sheet) {
    children.push(make("span", { class: "left", id: "left" }, `残り ${review.left} 欄`));
    if (sheet.task !== "check") {
      children.push(make("span", { class: "state state-run" }, TASKS[sheet.task] ?? sheet.task));
    }
  }
  const counts = progress ? `用紙 ${progress.sheets_done} / ${progress.sheets_total} 枚` : "";
  children.push(make("span", { class: "end" }, make("span", { class: "note", id: "sheets" }, counts)));
  return children;
}

/** The fields of the sheet that are to be looked at. @param {Review} review */
export function fields(review) {
  return review.keys.map((key, place) => {
    const field = review.sheet?.fields.find((field) => field.key === key);
    const row = make("button", { type: "button", "data-place": String(place), tabindex: "-1" });
    const kind = field?.decision?.kind;
    const [mark, word] = kind === "hold" ? ["‖", "保留"] : kind && !field?.open ? ["✓", "決定済み"] : ["◆", "未決定"];
    if (kind === "hold") row.setAttribute("data-held", "");
    else if (kind) row.setAttribute("data-decided", "");
    if (place === review.at) row.setAttribute("aria-current", "true");
    row.append(
      make("span", { class: "mark", "aria-hidden": "true" }, mark),
      make("span", {}, field?.label ?? key, make("span", { class: "unseen" }, ` ${word}`)),
    );
    return make("li", {}, row);
  });
}

/** What the value is now, and whether somebody has to type it. @param {Field} field */
export function proposal(field) {
  return { text: field.value ?? field.read ?? "", isTyped: field.read === undefined || field.state === "unreadable" };
}

/** The field that is shown. @param {Review} review @param {Field} field @param {string | null} typed */
export function at(review, field, typed) {
  const state = field.state ?? "blind";
  const look = state === "sure" ? "done" : "check";
  const header = make(
    "div",
    { class: "at-head" },
    make("h3", { id: "at-label" }, field.label),
    make("span", { class: `state state-${look}`, id: "at-state" }, STATES[state] ?? state),
  );
  if (field.decision) header.append(make("span", { class: "note" }, decided(field)));
  const why = make("ul", { class: "why", id: "at-why" }, ...field.explanations.map((words) => make("li", {}, words)));
  const crop = make("div", { class: "crop", "data-crop": "" }, make("span", { class: "note" }, "画像を読み込んでいます"));
  return [make("div", {}, header, why), crop, value(field, typed), acts(review, field, typed !== null)];
}

/** @param {Field} field */
function decided(field) {
  const words = { accept: "承認済み", correct: "訂正済み", hold: "保留", unreadable: "読めない欄" };
  return field.decision ? words[field.decision.kind] : "";
}

/** @param {Field} field @param {string | null} typed */
function value(field, typed) {
  const box = make("div", { class: "value" });
  if (field.masked && typed === null) {
    box.append(
      make("p", {}, "この欄は伏せてあります。理由を付けると、この欄を開いている間だけ見られます。"),
      make("div", {}, button("理由を付けて見る", "reveal", ["F4"])),
    );
    return box;
  }
  const { text } = proposal(field);
  box.append(make(typed === null ? "span" : "label", { class: "label", for: "value", id: "value-label" }, "値"));
  if (typed === null) {
    box.append(make("output", { id: "value", "aria-labelledby": "value-label" }, text));
  } else {
    box.append(make("input", { id: "value", value: typed, autocomplete: "off", spellcheck: "false", maxlength: "500" }));
  }
  const goesOut = typed ?? text;
  box.append(make("p", { class: "exported" }, "出力される値 ", make("code", { id: "exported" }, goesOut || "(空)")));
  const choices = field.written?.length ? field.written : field.candidates;
  if (choices.length) box.append(candidates(choices, text));
  return box;
}

/** @param {string[]} choices @param {string} text */
function candidates(choices, text) {
  const rows = choices.slice(0, CANDIDATES).map((choice, place) => {
    const row = make(
      "button",
      { type: "button", "data-candidate": String(place), "aria-pressed": String(choice === text), id: `candidate-${place + 1}` },
      make("kbd", {}, `Alt+${place + 1}`),
      choice || "(空)",
    );
    return make("li", {}, row);
  });
  return make("ul", { class: "candidates", "aria-label": "候補" }, ...rows);
}

/** @param {Review} review @param {Field} field @param {boolean} isEditing */
function acts(review, field, isEditing) {
  const box = make("div", { class: "acts" });
  if (isEditing) {
    box.append(button("この値にして次へ", "correct", ["Enter"], "button-primary"), button("やめる", "cancel", ["Esc"]));
  } else if (proposal(field).isTyped || field.masked) {
    box.append(button("値を入力", "edit", ["F2"], "button-primary"));
  } else {
    const isDecided = field.decision !== undefined && !field.open;
    const name = isDecided ? "このままで次へ" : "承認して次へ";
    box.append(button(name, "accept", ["Enter"], "button-primary"), button("直す", "edit", ["F2"]));
  }
  box.append(button("保留", "hold", ["F8"]), button("読めない", "unreadable", ["F9"]));
  box.append(button("前の欄", "back", ["Shift", "Enter"]), button("取り消す", "undo", ["Ctrl", "Z"]));
  if (review.left === 0) box.append(button("用紙を完了", "finish", ["Ctrl", "Enter"]));
  return box;
}

/** The end of a sheet. @param {Review} review */
export function end(review) {
  const box = make("div", { class: "ended" });
  if (review.left === 0) {
    box.append(
      make("h3", { id: "at-label" }, "この用紙の欄はすべて決まりました。"),
      button("完了して次の用紙へ", "finish", ["Ctrl", "Enter"], "button-primary"),
    );
  } else {
    box.append(
      make("h3", { id: "at-label" }, `保留の欄が ${review.held} つあります。`),
      make("p", {}, "保留の欄を決めると、この用紙を完了できます。あとで決めるときは「中断」してください。ここまでの内容は保存されています。"),
      button("最初の保留の欄へ", "first", [], "button-primary"),
    );
  }
  box.append(make("div", { class: "acts" }, button("前の欄", "back", ["Shift", "Enter"]), button("取り消す", "undo", ["Ctrl", "Z"])));
  return box;
}

/** Nothing is left to do. @param {Review} review */
export function done(review) {
  const others = review.progress?.sheets.filter((sheet) => sheet.task !== "done").length ?? 0;
  const text = others
    ? `残りの ${others} 枚は、ほかの人が確認しているか、別の人が入力する用紙です。`
    : "確認は終わりです。ジョブの画面から出力してください。";
  return make(
    "div",
    { class: "ended", id: "all-done" },
    make("h3", { id: "at-label" }, "確かめる用紙はもうありません。"),
    make("p", {}, text),
    make("a", { class: "button button-primary", href: `/jobs/${review.job}/outputs`, id: "to-outputs" }, "出力へ進む"),
  );
}

/** Shows a picture as large as it may be. @param {HTMLElement} place @param {string | null} url @param {string} label */
export function showCrop(place, url, label) {
  if (!url) {
    place.replaceChildren(make("span", { class: "note" }, "この欄の画像はありません。"));
    return;
  }
  const image = make("img", { src: url, alt: `${label}の画像`, id: "crop" });
  const fit = () => {
    const room = { width: place.clientWidth - 16, height: place.clientHeight - 16 };
    const scale = Math.min(ENLARGED, room.width / image.naturalWidth, room.height / image.naturalHeight);
    image.width = Math.round(image.naturalWidth * scale);
    image.height = Math.round(image.naturalHeight * scale);
  };
  if (image.complete && image.naturalWidth) fit();
  else image.addEventListener("load", fit, { once: true });
  place.replaceChildren(image);
}
