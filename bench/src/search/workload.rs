//! As many passages as asked, made from laws and notices: first the texts as they are, then changed copies.
//!
//! Promises: the same directory, seed and size give the same passages; a copy keeps its text's structure
//! while a fifth of its lines come from other texts of the directory, a tenth of its words and a third of its numbers too, so
//! that frequencies of terms stay those of law. Never: the copies in a figure of quality.

use std::path::Path;

use anyhow::Context as _;
use jiff::civil::Date;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use shoki_core::corpus::{ImportedText, Passage};

/// Lines of 100 that come from another text.
const LINES_PERCENT: u32 = 20;
/// Words of 100 that are exchanged.
const WORDS_PERCENT: u32 = 10;
/// Numbers of 100 that are exchanged.
const NUMBERS_PERCENT: u32 = 33;
/// Longest word exchanged, in characters.
const LONGEST_WORD: usize = 4;

/// The texts of a directory, and what copies are changed with.
#[derive(Debug)]
pub struct Workload {
    originals: Vec<ImportedText>,
    lines: Vec<String>,
    /// Words by their length.
    words: Vec<Vec<String>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Kanji,
    Number,
    Other,
}

fn script(character: char) -> Script {
    match character {
        '〇' | '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' | '百' | '千' | '万' => {
            Script::Number
        }
        '\u{4e00}'..='\u{9fff}' => Script::Kanji,
        _ => Script::Other,
    }
}

/// The text cut where the script changes.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let kind = script(rest.chars().next()?);
        let end = rest
            .find(|character| script(character) != kind)
            .unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

impl Workload {
    /// Reads the laws, casebooks and notices of a directory (XML, JSON lines, text); of several revisions
    /// the one in force on `day`.
    ///
    /// # Errors
    /// A file that cannot be read; no text at all.
    pub fn open(directory: &Path, day: Date) -> anyhow::Result<Self> {
        let mut paths: Vec<_> = std::fs::read_dir(directory)
            .with_context(|| directory.display().to_string())?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        paths.sort();
        let mut originals: Vec<ImportedText> = Vec::new();
        for path in paths {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let ending = path.extension().unwrap_or_default();
            let text = ["xml", "jsonl", "txt"].iter().any(|known| ending == *known);
            // The questions of a sample corpus lie beside its texts.
            if !text || name.contains("questions") {
                continue;
            }
            let bytes = std::fs::read(&path)?;
            let texts = shoki_search::import::import(&name, &bytes, None)
                .with_context(|| path.display().to_string())?;
            for text in texts {
                let from = text.revision.valid_from;
                if from.is_some_and(|from| from > day) {
                    continue;
                }
                match originals
                    .iter_mut()
                    .find(|held| held.source.title == text.source.title)
                {
                    Some(held) if held.revision.valid_from < from => *held = text,
                    Some(_) => {}
                    None => originals.push(text),
                }
            }
        }
        anyhow::ensure!(
            !originals.is_empty(),
            "{}: no text to import",
            directory.display()
        );
        let mut words = vec![Vec::new(); LONGEST_WORD + 1];
        let mut lines = Vec::new();
        for passage in originals.iter().flat_map(|text| &text.passages) {
            lines.extend(passage.text.lines().map(str::to_owned));
            for piece in pieces(&passage.text) {
                let length = piece.chars().count();
                if length <= LONGEST_WORD && piece.chars().next().map(script) == Some(Script::Kanji) {
                    words[length].push(piece.to_owned());
                }
            }
        }
        Ok(Self {
            originals,
            lines,
            words,
        })
    }

    /// The texts as they are.
    pub fn originals(&self) -> &[ImportedText] {
        &self.originals
    }

    /// Passages of the texts as they are.
    pub fn original_passages(&self) -> usize {
        self.originals.iter().map(|text| text.passages.len()).sum()
    }

    /// Calls `each` with texts until they have `passages` together: the originals, then copies of them.
    ///
    /// # Errors
    /// What `each` says.
    pub fn texts(
        &self,
        passages: usize,
        seed: u64,
        mut each: impl FnMut(ImportedText) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut held = 0;
        for copy in 0_u32.. {
            for original in &self.originals {
                let mut text = if copy == 0 {
                    original.clone()
                } else {
                    self.copy(original, copy, &mut random)
                };
                text.passages.truncate(passages - held);
                held += text.passages.len();
                each(text)?;
                if held >= passages {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn copy(&self, original: &ImportedText, copy: u32, random: &mut ChaCha8Rng) -> ImportedText {
        let mut text = original.clone();
        text.source.key = format!("{}-{copy}", original.source.key);
        text.source.title = format!("第{copy}{}", original.source.title);
        text.source.aliases.clear();
        for passage in &mut text.passages {
            self.change(passage, random);
        }
        text
    }

    /// Changes a passage line by line; its segments follow.
    fn change(&self, passage: &mut Passage, random: &mut ChaCha8Rng) {
        let mut changed = String::with_capacity(passage.text.len());
        // Where each line began and begins now; segments begin and end at lines.
        let mut places = vec![(0, 0)];
        let mut before = 0;
        for line in passage.text.split_inclusive('\n') {
            let body = line.trim_end_matches('\n');
            if random.random_range(0..100) < LINES_PERCENT {
                changed.push_str(&self.lines[random.random_range(0..self.lines.len())]);
            } else {
                self.change_words(body, random, &mut changed);
            }
            changed.push_str(&line[body.len()..]);
            before += line.len();
            places.push((before, changed.len()));
        }
        let moved = |at: usize| {
            let place = places.partition_point(|&(before, _)| before <= at);
            let (before, after) = places[place.saturating_sub(1)];
            // The end of a segment stands before the line's end.
            match places.get(place) {
                Some(&(next, after_next)) if at > before => after_next - (next - at).min(after_next - after),
                _ => after,
            }
        };
        for segment in &mut passage.segments {
            segment.span = moved(segment.span.start)..moved(segment.span.end);
        }
        passage.segments.retain(|segment| {
            changed
                .get(segment.span.clone())
                .is_some_and(|text| !text.is_empty())
        });
        passage.text = changed;
    }

    fn change_words(&self, line: &str, random: &mut ChaCha8Rng, changed: &mut String) {
        for piece in pieces(line) {
            let kind = piece.chars().next().map_or(Script::Other, script);
            let length = piece.chars().count();
            match kind {
                Script::Kanji
                    if length <= LONGEST_WORD
                        && !self.words[length].is_empty()
                        && random.random_range(0..100) < WORDS_PERCENT =>
                {
                    let words = &self.words[length];
                    changed.push_str(&words[random.random_range(0..words.len())]);
                }
                Script::Number if random.random_range(0..100) < NUMBERS_PERCENT => {
                    const DIGITS: [char; 9] = ['一', '二', '三', '四', '五', '六', '七', '八', '九'];
                    changed.extend((0..length).map(|_| DIGITS[random.random_range(0..DIGITS.len())]));
                }
                _ => changed.push_str(piece),
            }
        }
    }
}

/// What a peer is given of a passage: all that stands above it and its text.
#[must_use]
pub fn whole_text(title: &str, passage: &Passage) -> String {
    let mut text = title.to_owned();
    let above = passage.headings.iter().map(String::as_str);
    for part in above
        .chain(passage.caption.as_deref())
        .chain([passage.text.as_str()])
    {
        text.push('\n');
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn sample() -> Workload {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines/corpora/asahino");
        Workload::open(&directory, date(2026, 11, 22)).expect("the sample corpus")
    }

    #[test]
    fn a_workload_has_the_passages_asked_and_is_the_same_again() {
        let workload = sample();
        let wanted = workload.original_passages() * 2 + 7;
        let made = || {
            let mut all = Vec::new();
            workload
                .texts(wanted, 3, |text| {
                    all.extend(text.passages.into_iter().map(|passage| passage.text));
                    Ok(())
                })
                .expect("nothing fails");
            all
        };
        let first = made();
        assert_eq!(first.len(), wanted);
        assert_eq!(first, made());
    }

    #[test]
    fn a_copy_differs_and_its_paragraphs_lie_in_its_text() {
        let workload = sample();
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let mut same = 0;
        for original in workload.originals() {
            let copy = workload.copy(original, 1, &mut random);
            for (before, after) in original.passages.iter().zip(&copy.passages) {
                same += usize::from(before.text == after.text);
                for segment in &after.segments {
                    assert!(after.text.get(segment.span.clone()).is_some());
                }
            }
        }
        assert!(
            same * 4 < workload.original_passages(),
            "{same} passages are unchanged"
        );
    }
}
