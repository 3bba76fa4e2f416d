//! Small made corpora of Japanese-like text for the contract suite.
//!
//! Promise: texts come from a few dozen characters, so that terms repeat and rankings differ. Never: real text.

use jiff::civil::{Date, date};
use proptest::prelude::*;
use shoki_core::corpus::{Passage, PassageKind, ReaderScope, Segment, SegmentKind};
use shoki_core::digest::Sha256;
use shoki_core::id::{DepartmentId, RevisionId};
use shoki_search::index::{Fingerprint, IndexedRevision, WeightedText};
use uuid::Uuid;

/// Width of the vectors.
pub const DIMENSIONS: u32 = 24;

pub fn fingerprint() -> Fingerprint {
    Fingerprint {
        embedder: Some(Sha256::of(b"a made embedder")),
        dimensions: DIMENSIONS,
        layout: 1,
    }
}

pub fn department(number: u128) -> DepartmentId {
    DepartmentId::from_uuid(Uuid::from_u128(0xD000 + number))
}

pub fn revision_id(number: u128) -> RevisionId {
    RevisionId::from_uuid(Uuid::from_u128(number))
}

/// A passage; each line of the text is a 項.
pub fn passage(ordinal: u32, kind: PassageKind, caption: &str, text: &str) -> Passage {
    let mut segments = Vec::new();
    let mut start = 0;
    for (number, line) in text.split('\n').enumerate() {
        segments.push(Segment {
            kind: SegmentKind::Paragraph,
            path: vec![(number + 1).to_string()],
            span: start..start + line.len(),
        });
        start += line.len() + 1;
    }
    if segments.len() == 1 && ordinal % 2 == 1 {
        segments.clear();
    }
    Passage {
        ordinal,
        kind,
        item: (ordinal + 1).to_string(),
        label: format!("第{}条", ordinal + 1),
        headings: vec!["第一章　総則".to_owned()],
        caption: Some(caption.to_owned()),
        text: text.to_owned(),
        segments,
        page: None,
    }
}

/// A vector of unit length made from a number.
pub fn vector(seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut components: Vec<f32> = (0..DIMENSIONS)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            f32::from(u16::try_from(state >> 48).expect("16 bits")) / 32_768.0 - 1.0
        })
        .collect();
    let length = components.iter().map(|value| value * value).sum::<f32>().sqrt();
    components.iter_mut().for_each(|value| *value /= length);
    components
}

/// A revision of shared material, in force from the beginning, whose articles are `texts`.
pub fn revision(number: u128, source: &str, texts: &[&str]) -> IndexedRevision {
    let passages: Vec<Passage> = (0..)
        .zip(texts)
        .map(|(ordinal, text)| passage(ordinal, PassageKind::Article, "見出し", text))
        .collect();
    let vectors = (0..passages.len() as u64)
        .map(|position| vector(position + u64::try_from(number).expect("small") * 1_000))
        .collect();
    IndexedRevision {
        revision: revision_id(number),
        source: source.to_owned(),
        title: format!("{source}法"),
        department: None,
        valid_from: None,
        valid_to: None,
        passages,
        vectors,
    }
}

pub fn scope() -> ReaderScope {
    ReaderScope {
        department: department(1),
        as_of: date(2025, 4, 1),
        sources: None,
        supplementary: false,
    }
}

pub fn question(text: &str) -> Vec<WeightedText> {
    vec![WeightedText {
        text: text.to_owned(),
        weight: 1.0,
    }]
}

const CHARACTERS: &str = "保護費返還収入認定世帯主申請却下住宅扶助一二三のはをにするこｶﾅＡ6条、。\n";

/// Text of `length` characters of a small alphabet; common ones come more often.
fn text(length: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    let characters: Vec<char> = CHARACTERS.chars().collect();
    let index = (0..characters.len(), 0..characters.len()).prop_map(|(a, b)| a.min(b));
    proptest::collection::vec(index, length)
        .prop_map(move |picks| picks.into_iter().map(|pick| characters[pick]).collect())
}

/// Text of `length` characters, the same for the same state.
pub fn drawn_text(state: &mut u64, length: usize) -> String {
    let characters: Vec<char> = CHARACTERS.chars().collect();
    let mut draw = || {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(*state >> 40).expect("24 bits") % characters.len()
    };
    (0..length).map(|_| characters[draw().min(draw())]).collect()
}

fn day() -> impl Strategy<Value = Option<Date>> {
    prop_oneof![
        2 => Just(None),
        3 => (1_i8..=4).prop_map(|day| Some(date(2025, 4, day))),
    ]
}

fn one_revision() -> impl Strategy<Value = IndexedRevision> {
    let kind = prop_oneof![
        6 => Just(PassageKind::Article),
        2 => Just(PassageKind::Supplementary),
        1 => Just(PassageKind::QuestionAnswer),
    ];
    let passages = proptest::collection::vec((kind, text(0..4), text(0..60), any::<u64>()), 0..8);
    (0_u128..3, 0_u8..3, text(1..4), day(), day(), passages).prop_map(
        |(owner, source, title, valid_from, valid_to, passages)| {
            let mut made = revision(0, ["甲", "乙", "丙"][usize::from(source)], &[]);
            made.title = title;
            made.department = (owner > 0).then(|| department(owner));
            (made.valid_from, made.valid_to) = (valid_from, valid_to);
            for (ordinal, (kind, caption, text, seed)) in (0..).zip(passages) {
                made.passages.push(passage(ordinal, kind, &caption, &text));
                made.vectors.push(vector(seed));
            }
            made
        },
    )
}

/// A few revisions of several 課, sources and days.
pub fn revisions() -> impl Strategy<Value = Vec<IndexedRevision>> {
    proptest::collection::vec(one_revision(), 1..7).prop_map(|mut made| {
        for (number, revision) in (1..).zip(&mut made) {
            revision.revision = revision_id(number);
        }
        made
    })
}

/// A reader.
pub fn scopes() -> impl Strategy<Value = ReaderScope> {
    let sources = prop_oneof![
        3 => Just(None),
        1 => Just(Some(vec!["甲".to_owned()])),
        1 => Just(Some(vec!["乙".to_owned(), "無".to_owned()])),
        1 => Just(Some(Vec::new())),
    ];
    (0_u128..4, 1_i8..=4, sources, any::<bool>()).prop_map(|(owner, day, sources, supplementary)| {
        ReaderScope {
            department: department(owner),
            as_of: date(2025, 4, day),
            sources,
            supplementary,
        }
    })
}

/// A question with what synonym rules added to it.
pub fn questions() -> impl Strategy<Value = Vec<WeightedText>> {
    let weighted = (text(1..12), 1_u8..=4).prop_map(|(text, quarters)| WeightedText {
        text,
        weight: f32::from(quarters) / 4.0,
    });
    proptest::collection::vec(weighted, 0..4)
}
