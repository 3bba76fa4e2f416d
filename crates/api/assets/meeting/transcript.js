// @ts-check
/**
 * The lines of a transcript as they stand on the page: filled up from the API, kept in the order of time, shown at
 * one of three levels. Never decides anything: it shows what the service answers.
 *
 * @typedef {{ text: string, start_ms: number, end_ms: number }} Token
 * @typedef {{ id: number, text: string, start_ms: number, end_ms: number, speaker?: string | null, tokens: Token[],
 *   doubts: string[], doubt_labels: string[], overlap: boolean, version: number,
 *   leveled?: { text: string, pieces: { text: string, heard?: string, rule_label?: string }[] } }} Segment
 * @typedef {{ id: string, shown: string, spoken_ms?: number }} Speaker
 * @typedef {{ version: number, finished: boolean, segments: Segment[], removed?: number[], speakers: Speaker[] }} Change
 */

/** Looks by which speakers are told apart. */
const LOOKS = 6;
const NOBODY = "話者不明";

export class Transcript extends EventTarget {
  /** What was heard and corrected, whatever level is shown. @type {Map<number, Segment>} */
  #segments = new Map();
  /** @type {Map<number, HTMLElement>} */
  #rows = new Map();
  /** Names by id. @type {Map<string, string>} */
  speakers = new Map();
  version = 0;
  /** @type {"verbatim" | "cleaned" | "edited"} */
  level = "verbatim";

  /** @param {HTMLElement} list @param {HTMLTemplateElement} pattern */
  constructor(list, pattern) {
    super();
    this.list = list;
    this.pattern = pattern;
    for (const row of list.children) {
      if (row instanceof HTMLElement) this.#rows.set(idOf(row), row);
    }
  }

  /** Every line, by beginning. */
  rows() {
    return [...this.list.children].flatMap((row) => (row instanceof HTMLElement ? [row] : []));
  }

  /** @param {number} id */
  row(id) {
    return this.#rows.get(id);
  }

  /** @param {HTMLElement} row @returns {Segment | undefined} */
  segment(row) {
    return this.#segments.get(idOf(row));
  }

  /** What the service says about some or all lines. @param {Change} change */
  take(change) {
    this.version = Math.max(this.version, change.version);
    this.speakers = new Map(change.speakers.map((speaker) => [speaker.id, speaker.shown]));
    for (const id of change.removed ?? []) this.#remove(id);
    /** Where the next line that is not there yet goes: lines come by beginning. @type {Element | null} */
    let at = this.list.firstElementChild;
    for (const segment of [...change.segments].sort((one, other) => one.start_ms - other.start_ms)) {
      this.#segments.set(segment.id, segment);
      let row = this.#rows.get(segment.id);
      if (!row) {
        row = this.#make(segment.id);
        while (at instanceof HTMLElement && Number(at.dataset["start"]) <= segment.start_ms) at = at.nextElementSibling;
        this.list.insertBefore(row, at);
      }
      this.#show(row, segment);
    }
    for (const row of this.#rows.values()) this.#name(row);
    this.dispatchEvent(new Event("change"));
  }

  /** @param {number} id */
  #remove(id) {
    this.#rows.get(id)?.remove();
    this.#rows.delete(id);
    this.#segments.delete(id);
  }

  /** @param {number} id */
  #make(id) {
    const row = this.pattern.content.firstElementChild?.cloneNode(true);
    if (!(row instanceof HTMLElement)) throw new Error("the page has a pattern of a line");
    row.id = `l${id}`;
    this.#rows.set(id, row);
    return row;
  }

  /** @param {HTMLElement} row @param {Segment} segment */
  #show(row, segment) {
    const time = clock(segment.start_ms);
    row.dataset["start"] = String(segment.start_ms);
    row.dataset["end"] = String(segment.end_ms);
    row.dataset["version"] = String(segment.version);
    row.dataset["speaker"] = segment.speaker ?? "";
    const when = row.querySelector(".when");
    if (when instanceof HTMLElement) {
      when.textContent = time;
      when.dataset["seek"] = String(segment.start_ms);
      when.setAttribute("aria-label", `${time} から再生`);
    }
    row.querySelector('[data-line="edit"]')?.setAttribute("aria-label", `${time} の発言を直す`);
    const text = row.querySelector(".text");
    if (text) fill(text, segment, this.level);
    for (const part of row.querySelectorAll('.doubt, [data-line="confirm"], .overlap')) part.remove();
    row.classList.toggle("doubtful", segment.doubts.length > 0);
    if (segment.doubts.length) row.append(note("doubt", `要確認: ${segment.doubt_labels.join("、")}`), confirm(time));
    if (segment.overlap) row.append(note("overlap", "二人以上が話しています"));
  }

  /** @param {HTMLElement} row */
  #name(row) {
    const id = row.dataset["speaker"] ?? "";
    const voice = row.querySelector(".voice");
    if (!voice) return;
    const name = this.speakers.get(id) ?? NOBODY;
    const look = `voice voice-${id ? Number(id.slice(1)) % LOOKS : LOOKS}`;
    if (voice.textContent !== name) voice.textContent = name;
    if (voice.className !== look) voice.className = look;
  }

  /** Shows every line at a level; what each says there came with the lines. @param {Transcript["level"]} level */
  showAt(level) {
    this.level = level;
    for (const [id, segment] of this.#segments) {
      const text = this.#rows.get(id)?.querySelector(".text");
      if (text) fill(text, segment, level);
    }
  }

  /** Texts of one line at the level that is shown. @param {Segment[]} segments */
  takeLevels(segments) {
    for (const segment of segments) {
      const known = this.#segments.get(segment.id);
      if (known && segment.leveled) this.#segments.set(segment.id, { ...known, leveled: segment.leveled });
    }
  }
}

/**
 * What a line says: at 素起こし as it was heard, elsewhere with what was changed marked and what was heard behind it.
 * @param {Element} place @param {Segment} segment @param {Transcript["level"]} level
 */
function fill(place, segment, level) {
  if (level === "verbatim" || !segment.leveled) {
    if (place.textContent !== segment.text || place.childElementCount) place.textContent = segment.text;
    return;
  }
  const pieces = segment.leveled.pieces.filter((piece) => piece.text).map((piece) => {
    if (piece.heard === undefined) return piece.text;
    const changed = document.createElement("span");
    changed.className = "reworded";
    changed.title = `聞こえた言葉: ${piece.heard}`;
    changed.textContent = piece.text;
    return changed;
  });
  place.replaceChildren(...pieces);
}

/** @param {HTMLElement} row */
function idOf(row) {
  return Number(row.id.slice(1));
}

/** 1:02:05, 0:07. @param {number} millis */
export function clock(millis) {
  const seconds = Math.floor(millis / 1000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const end = String(rest).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${end}` : `${minutes}:${end}`;
}

/** @param {string} kind @param {string} sentence */
function note(kind, sentence) {
  const element = document.createElement("p");
  element.className = `note ${kind}`;
  element.textContent = sentence;
  return element;
}

/** @param {string} time */
function confirm(time) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain fix";
  button.dataset["line"] = "confirm";
  button.textContent = "これでよい";
  button.setAttribute("aria-label", `${time} の発言はこれでよい`);
  return button;
}
