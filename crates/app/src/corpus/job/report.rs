//! 取り込み結果: what became of each text and which places were not taken whole, as JSON and as CSV.
//!
//! Promise: every fault of every text and every unit that failed is in it. Never: a passage's text.

use serde::Serialize;
use shoki_core::code::ErrorCode;
use shoki_core::corpus::{ImportFault, ImportFaultKind, SourceRank, Visibility};
use shoki_core::id::{RevisionId, SourceId};
use shoki_core::outcome::CorpusOutcome;
use shoki_ocr::output::escaped;
use shoki_store::corpus_model::{CorpusImport, RevisionChange};

/// Name of the JSON file.
pub const REPORT_JSON: &str = "import.json";
/// Name of the CSV file.
pub const REPORT_CSV: &str = "import.csv";
/// First row of the CSV file.
const HEAD: [&str; 9] = [
    "文書名",
    "種類",
    "施行日",
    "結果",
    "項目数",
    "変わった項目",
    "なくなった項目",
    "場所",
    "内容",
];

/// The report, as it grows text by text.
#[derive(Debug, Default)]
pub struct Report {
    texts: Vec<Text>,
    others: Vec<Fault>,
    embedded: u32,
    failed: u32,
}

/// One text.
#[derive(Debug, Serialize)]
struct Text {
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<SourceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<RevisionId>,
    title: String,
    rank: SourceRank,
    rank_label: &'static str,
    visibility: Visibility,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_from: Option<String>,
    new: bool,
    passages: u32,
    changed: u32,
    removed: u32,
    faults: Vec<Fault>,
}

/// One place.
#[derive(Debug, Serialize)]
struct Fault {
    place: String,
    kind: &'static str,
    message: String,
}

impl Report {
    /// Adds a text.
    pub fn text(&mut self, import: &CorpusImport) {
        let head = &import.text.source;
        self.texts.push(Text {
            source: None,
            revision: None,
            title: head.title.clone(),
            rank: head.rank,
            rank_label: head.rank.label_ja(),
            visibility: import.visibility,
            valid_from: import.text.revision.valid_from.map(|day| day.to_string()),
            new: false,
            passages: 0,
            changed: 0,
            removed: 0,
            faults: import.text.faults.iter().map(Fault::of).collect(),
        });
    }

    /// Adds files that could not be taken.
    pub fn files(&mut self, faults: &[ImportFault]) {
        self.others.extend(faults.iter().map(Fault::of));
    }

    /// Adds vectors that were made.
    pub fn embedded(&mut self, vectors: usize) {
        self.embedded = self
            .embedded
            .saturating_add(u32::try_from(vectors).unwrap_or(u32::MAX));
    }

    /// Adds a unit that ended without its piece.
    pub fn failed(&mut self, place: String, code: ErrorCode) {
        self.failed += 1;
        self.others.push(Fault {
            place,
            kind: code.as_str(),
            message: code.sentence_ja(),
        });
    }

    /// The first place that could not be taken.
    #[must_use]
    pub fn first_place(&self) -> Option<String> {
        let own = self.texts.iter().flat_map(|text| &text.faults);
        own.chain(&self.others)
            .map(|fault| fault.place.clone())
            .find(|place| !place.is_empty())
    }

    /// Adds what became of the texts, in their order.
    pub fn changes(&mut self, changes: &[RevisionChange]) {
        for (text, change) in self.texts.iter_mut().zip(changes) {
            text.source = Some(change.source);
            text.revision = Some(change.revision);
            text.new = change.new;
            text.passages = change.passages;
            text.changed = change.changed;
            text.removed = change.removed;
        }
    }

    /// The counts that the transaction does not know.
    #[must_use]
    pub fn outcome(&self) -> CorpusOutcome {
        let own = self.texts.iter().flat_map(|text| &text.faults);
        let taken_whole = ImportFaultKind::RecognisedText.as_str();
        let faults = own
            .chain(&self.others)
            .filter(|fault| fault.kind != taken_whole)
            .count();
        CorpusOutcome {
            passages_embedded: self.embedded,
            faults: u32::try_from(faults).unwrap_or(u32::MAX),
            pages_failed: self.failed,
            ..CorpusOutcome::default()
        }
    }

    /// The JSON file.
    ///
    /// # Errors
    /// None in practice: strings and numbers always serialise.
    pub fn json(&self) -> Result<Vec<u8>, serde_json::Error> {
        #[derive(Serialize)]
        struct Whole<'a> {
            texts: &'a [Text],
            not_taken: &'a [Fault],
            passages_embedded: u32,
        }
        let mut bytes = serde_json::to_vec_pretty(&Whole {
            texts: &self.texts,
            not_taken: &self.others,
            passages_embedded: self.embedded,
        })?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// The CSV file: UTF-8 with byte order mark, CRLF, as spreadsheets take it.
    ///
    /// # Errors
    /// None in practice: it is written to memory.
    pub fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut bytes = "\u{feff}".as_bytes().to_vec();
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(&mut bytes);
        let mut row = |cells: [&str; 9]| writer.write_record(cells.map(escaped));
        row(HEAD)?;
        for text in &self.texts {
            let result = if text.new {
                "新しい版"
            } else {
                "変わりなし"
            };
            let counts = [text.passages, text.changed, text.removed].map(|count| count.to_string());
            let [passages, changed, removed] = counts.each_ref().map(String::as_str);
            let day = text.valid_from.as_deref().unwrap_or_default();
            let (title, rank) = (text.title.as_str(), text.rank_label);
            row([title, rank, day, result, passages, changed, removed, "", ""])?;
            for fault in &text.faults {
                row([title, rank, day, "", "", "", "", &fault.place, &fault.message])?;
            }
        }
        for fault in &self.others {
            let (place, message) = (fault.place.as_str(), fault.message.as_str());
            row(["", "", "", "取り込めません", "", "", "", place, message])?;
        }
        writer.flush()?;
        drop(writer);
        Ok(bytes)
    }
}

impl Fault {
    fn of(fault: &ImportFault) -> Self {
        Self {
            place: place_ja(fault),
            kind: fault.kind.as_str(),
            message: fault.kind.message_ja().to_owned(),
        }
    }
}

/// A fault's place in words: `a.xml 3行目`.
#[must_use]
pub fn place_ja(fault: &ImportFault) -> String {
    let mut words: Vec<String> = fault.file.clone().into_iter().collect();
    words.extend(fault.page.map(|page| format!("{page}ページ目")));
    words.extend(fault.line.map(|line| format!("{line}行目")));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use shoki_core::corpus::{ImportedText, RevisionHead, SourceHead};

    use super::*;

    fn fault(kind: ImportFaultKind, page: Option<u32>, line: Option<u32>) -> ImportFault {
        ImportFault {
            file: Some("a.xml".to_owned()),
            line,
            page,
            kind,
        }
    }

    #[test]
    fn every_place_is_listed_and_what_was_recognised_is_no_fault() {
        let mut report = Report::default();
        report.text(&CorpusImport {
            text: ImportedText {
                source: SourceHead {
                    key: "k".to_owned(),
                    title: "=星見市の\"手引\"".to_owned(),
                    number: None,
                    aliases: Vec::new(),
                    rank: SourceRank::Notice,
                },
                revision: RevisionHead::default(),
                passages: Vec::new(),
                faults: vec![
                    fault(ImportFaultKind::RecognisedText, Some(2), None),
                    fault(ImportFaultKind::DuplicateItem, None, Some(7)),
                ],
            },
            edges: Vec::new(),
            visibility: Visibility::Department,
        });
        report.files(&[fault(ImportFaultKind::Malformed, None, Some(3))]);
        report.failed("4ページ目".to_owned(), ErrorCode::CorruptPage);
        report.embedded(5);
        report.changes(&[RevisionChange {
            source: SourceId::generate(),
            revision: RevisionId::generate(),
            new: true,
            passages: 9,
            changed: 8,
            removed: 1,
        }]);
        let outcome = report.outcome();
        assert_eq!(
            (outcome.faults, outcome.pages_failed, outcome.passages_embedded),
            (3, 1, 5)
        );
        let csv = String::from_utf8(report.csv().expect("memory")).expect("UTF-8");
        let lines: Vec<&str> = csv.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 6, "{csv}");
        assert_eq!(lines[1], "\"'=星見市の\"\"手引\"\"\",通知,,新しい版,9,8,1,,");
        assert!(lines[2].contains("2ページ目") && lines[2].contains("文字認識による"));
        assert!(lines[4].contains("a.xml 3行目"));
        let json: serde_json::Value = serde_json::from_slice(&report.json().expect("JSON")).expect("JSON");
        assert_eq!(json["texts"][0]["faults"][1]["kind"], "duplicate_item");
        assert_eq!(json["not_taken"][1]["kind"], "corrupt_page");
    }
}
