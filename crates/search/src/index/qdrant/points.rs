//! How units lie in Qdrant: one point each with its sparse terms, passages with their vector too, and
//! the filters that a reader's scope becomes.
//!
//! Promises: a filter on indexed payload decides what is scored; a point of a change set that is not
//! committed matches no filter; terms are 32-bit hashes of the one tokeniser's grams (two of 1,000,000
//! terms share one with probability .0002 each; their frequencies then add). Never: requests.

use std::collections::BTreeMap;

use jiff::civil::Date;
use qdrant_client::qdrant::{Condition, Filter, NamedVectors, PointId, PointStruct, Range, Value, Vector};
use shoki_core::corpus::ReaderScope;
use shoki_core::id::{DepartmentId, RevisionId};
use uuid::Uuid;

use super::super::units::{Unit, paragraphs, passages};
use super::super::{IndexedRevision, WeightedText, bm25, terms};
use super::State;

pub const DENSE: &str = "dense";
pub const PASSAGE_TERMS: &str = "passage_terms";
pub const PARAGRAPH_TERMS: &str = "paragraph_terms";

pub const UNIT: &str = "unit";
pub const SINCE: &str = "since";
pub const SLOT: &str = "slot";
pub const REVISION: &str = "revision";
pub const ORDINAL: &str = "ordinal";
pub const SEGMENT: &str = "segment";
pub const DEPARTMENT: &str = "department";
pub const SOURCE: &str = "source";
pub const FROM: &str = "valid_from";
pub const TO: &str = "valid_to";
pub const SUPPLEMENTARY: &str = "supplementary";
pub const TERMS: &str = "terms";

/// Payload fields that are integers in filters.
pub const INTEGER_FIELDS: [&str; 6] = [UNIT, SINCE, SLOT, FROM, TO, TERMS];
/// Payload fields that are keywords in filters.
pub const KEYWORD_FIELDS: [&str; 3] = [REVISION, DEPARTMENT, SOURCE];

/// Shared material's mark in the department field.
const OFFICE: &str = "office";

/// What a point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointKind {
    /// A passage.
    Passage = 0,
    /// A 項.
    Paragraph = 1,
    /// That a revision is held, also one without passages.
    Revision = 2,
    /// The committed state.
    State = 3,
}

fn point_id(slot: u64, kind: PointKind, unit: u64) -> PointId {
    let number = (u128::from(slot) << 64) | ((kind as u128) << 48) | u128::from(unit);
    PointId::from(Uuid::from_u128(number).to_string())
}

/// Where the committed state lies.
pub fn state_id() -> PointId {
    point_id(u64::MAX, PointKind::State, 0)
}

fn day(date: Date) -> i64 {
    i64::from(date.year()) * 10_000 + i64::from(date.month()) * 100 + i64::from(date.day())
}

fn department(department: Option<DepartmentId>) -> String {
    department.map_or_else(|| OFFICE.to_owned(), |department| department.to_string())
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn hashed(term: &str) -> u32 {
    crc32fast::hash(term.as_bytes())
}

/// The hash of a term as a payload number.
fn hashed_payload(term: &str) -> i64 {
    i64::from(hashed(term))
}

/// Indices and values, by index.
fn sparse(weights: impl IntoIterator<Item = (u32, f32)>) -> (Vec<u32>, Vec<f32>) {
    let mut summed: BTreeMap<u32, f32> = BTreeMap::new();
    for (index, weight) in weights {
        *summed.entry(index).or_insert(0.0) += weight;
    }
    summed.into_iter().unzip()
}

/// A question as a sparse vector; `None` when it has no term. The server multiplies by the IDF.
pub fn question_vector(texts: &[WeightedText]) -> Option<Vec<(u32, f32)>> {
    let weights = terms::question_terms(texts);
    let (indices, values) = sparse(weights.iter().map(|(term, &weight)| (hashed(term), weight)));
    (!indices.is_empty()).then(|| indices.into_iter().zip(values).collect())
}

/// The revision's points: itself, its passages, its 項.
pub fn points_of(revision: &IndexedRevision, slot: u64, since: u64) -> Vec<PointStruct> {
    let base = |kind: PointKind| -> Vec<(&'static str, Value)> {
        vec![
            (UNIT, (kind as i64).into()),
            (SINCE, signed(since).into()),
            (SLOT, signed(slot).into()),
            (REVISION, revision.revision.to_string().into()),
            (DEPARTMENT, department(revision.department).into()),
            (SOURCE, revision.source.clone().into()),
            (FROM, revision.valid_from.map_or(0, day).into()),
            (TO, revision.valid_to.map_or(i64::from(i32::MAX), day).into()),
        ]
    };
    let unit_point = |kind, number: u64, name: &str, pivot, unit: &Unit<'_>, dense: Option<&Vec<f32>>| {
        let (counts, length) = terms::frequencies(unit.pieces.iter().copied());
        let norm = bm25::length_norm(length, pivot);
        let weights = counts
            .iter()
            .map(|(term, &count)| (hashed(term), bm25::contribution(bm25::K1 + 1.0, count, norm)));
        let (indices, values) = sparse(weights);
        let mut payload = base(kind);
        payload.push((ORDINAL, i64::from(unit.ordinal).into()));
        payload.push((SUPPLEMENTARY, unit.supplementary.into()));
        if let Some(segment) = unit.segment {
            payload.push((SEGMENT, i64::from(segment).into()));
        }
        if kind == PointKind::Passage {
            let terms: Vec<i64> = counts.keys().map(|term| hashed_payload(term)).collect();
            payload.push((TERMS, terms.into()));
        }
        let mut vectors = NamedVectors::default();
        if !indices.is_empty() {
            vectors = vectors.add_vector(name, Vector::new_sparse(indices, values));
        }
        if let Some(dense) = dense {
            vectors = vectors.add_vector(DENSE, Vector::new_dense(dense.clone()));
        }
        PointStruct::new(
            point_id(slot, kind, number),
            vectors,
            qdrant_client::Payload::from(payload_map(payload)),
        )
    };
    let mut points = vec![PointStruct::new(
        point_id(slot, PointKind::Revision, 0),
        NamedVectors::default(),
        qdrant_client::Payload::from(payload_map(base(PointKind::Revision))),
    )];
    for (number, unit) in (0..).zip(passages(revision)) {
        let dense = revision
            .vectors
            .get(usize::try_from(number).unwrap_or(usize::MAX));
        points.push(unit_point(
            PointKind::Passage,
            number,
            PASSAGE_TERMS,
            bm25::PASSAGE_PIVOT,
            &unit,
            dense,
        ));
    }
    for (number, unit) in (0..).zip(paragraphs(revision)) {
        points.push(unit_point(
            PointKind::Paragraph,
            number,
            PARAGRAPH_TERMS,
            bm25::PARAGRAPH_PIVOT,
            &unit,
            None,
        ));
    }
    points
}

fn payload_map(fields: Vec<(&'static str, Value)>) -> std::collections::HashMap<String, Value> {
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn at_most(field: &str, number: i64) -> Condition {
    #[expect(clippy::cast_precision_loss, reason = "days and counters are far below 2^53")]
    let lte = Some(number as f64);
    Condition::range(
        field,
        Range {
            lte,
            ..Range::default()
        },
    )
}

/// What is committed and not dropped.
pub fn committed(state: &State, kind: PointKind) -> Filter {
    let mut filter = Filter::must([
        Condition::matches(UNIT, kind as i64),
        at_most(SINCE, signed(state.serial)),
    ]);
    if !state.dropped.is_empty() {
        let dropped: Vec<i64> = state.dropped.iter().map(|&slot| signed(slot)).collect();
        filter.must_not.push(Condition::matches(SLOT, dropped));
    }
    filter
}

/// What of it the 課 may see on any day: the population of the IDF, where the server can count it (1.19).
pub fn visible(state: &State, kind: PointKind, scope: &ReaderScope) -> Filter {
    let mut filter = committed(state, kind);
    let owners = vec![department(None), department(Some(scope.department))];
    filter.must.push(Condition::matches(DEPARTMENT, owners));
    filter
}

/// What of it the reader may be given.
pub fn admitted(state: &State, kind: PointKind, scope: &ReaderScope) -> Filter {
    let mut filter = visible(state, kind, scope);
    filter.must.push(at_most(FROM, day(scope.as_of)));
    // In force on a day when its end is later.
    filter.must_not.push(at_most(TO, day(scope.as_of)));
    if let Some(sources) = &scope.sources {
        filter.must.push(Condition::matches(SOURCE, sources.clone()));
    }
    if !scope.supplementary {
        filter.must.push(Condition::matches(SUPPLEMENTARY, false));
    }
    filter
}

/// The admitted passages that hold all terms.
pub fn holding(state: &State, scope: &ReaderScope, required: &[String]) -> Filter {
    let mut filter = admitted(state, PointKind::Passage, scope);
    let hold = required
        .iter()
        .map(|term| Condition::matches(TERMS, hashed_payload(term)));
    filter.must.extend(hold);
    filter
}

/// Points that no committed state shows any more or yet.
pub fn leftovers(state: &State) -> Vec<Filter> {
    #[expect(clippy::cast_precision_loss, reason = "a counter far below 2^53")]
    let gt = Some(state.serial as f64);
    let mut filters = vec![Filter::must([Condition::range(
        SINCE,
        Range {
            gt,
            ..Range::default()
        },
    )])];
    if !state.dropped.is_empty() {
        let dropped: Vec<i64> = state.dropped.iter().map(|&slot| signed(slot)).collect();
        filters.push(Filter::must([Condition::matches(SLOT, dropped)]));
    }
    filters
}

/// The revision a point belongs to.
pub fn revision_of(payload: &std::collections::HashMap<String, Value>) -> Option<RevisionId> {
    payload.get(REVISION)?.as_str()?.parse().ok()
}

/// A number of a point's payload.
pub fn number_of(payload: &std::collections::HashMap<String, Value>, field: &str) -> Option<u64> {
    payload.get(field)?.as_integer()?.try_into().ok()
}
