//! How units lie in tantivy: one document each, its terms in the field of its leg, its place in columns.
//!
//! Promises: a term carries the number of the 課 it belongs to, so that the posting lists of one 課 are
//! apart from another's and never read for it; nothing of the text itself is stored. Never: scores.

use std::ops::Range;

use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, Schema, TantivyDocument, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{TextAnalyzer, Token, TokenStream, Tokenizer};
use tantivy::{Index, IndexWriter, Term};

use super::super::terms::{folded, for_each_cut};
use super::super::units::{Unit, paragraphs, passages};
use super::super::{IndexError, IndexedRevision};
use super::engine_error;

const TOKENIZER: &str = "grams";
/// First of the private-use characters that stand before a term for its 課.
const FIRST_PARTITION: u32 = 0xF_0000;
/// Last of them.
const LAST_PARTITION: u32 = 0xF_FFFD;

/// What a document is. The numbers lie in the `kind` column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// A whole passage.
    Passage,
    /// A 項.
    Paragraph,
}

impl UnitKind {
    const fn code(self, supplementary: bool) -> u64 {
        match (self, supplementary) {
            (Self::Passage, false) => 0,
            (Self::Passage, true) => 1,
            (Self::Paragraph, false) => 2,
            (Self::Paragraph, true) => 3,
        }
    }

    /// Reads the `kind` column: kind and whether supplementary.
    pub const fn from_code(code: u64) -> Option<(Self, bool)> {
        match code {
            0 => Some((Self::Passage, false)),
            1 => Some((Self::Passage, true)),
            2 => Some((Self::Paragraph, false)),
            3 => Some((Self::Paragraph, true)),
            _ => None,
        }
    }
}

/// The fields.
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    passage_terms: Field,
    paragraph_terms: Field,
    revision: Field,
    kind: Field,
    ordinal: Field,
    segment: Field,
    length: Field,
}

impl Fields {
    /// Column of the revision's number.
    pub const REVISION: &'static str = "revision";
    /// Column of [`UnitKind`].
    pub const KIND: &'static str = "kind";
    /// Column of the passage's ordinal.
    pub const ORDINAL: &'static str = "ordinal";
    /// Column of the segment's position + 1; 0 when the unit is no segment.
    pub const SEGMENT: &'static str = "segment";
    /// Column of the number of terms.
    pub const LENGTH: &'static str = "length";

    /// The schema and its fields.
    pub fn schema() -> (Schema, Self) {
        let mut builder = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(TOKENIZER)
            .set_index_option(IndexRecordOption::WithFreqs)
            .set_fieldnorms(false);
        let terms = TextOptions::default().set_indexing_options(indexing);
        let fields = Self {
            passage_terms: builder.add_text_field("passage_terms", terms.clone()),
            paragraph_terms: builder.add_text_field("paragraph_terms", terms),
            revision: builder.add_u64_field(Self::REVISION, INDEXED | FAST),
            kind: builder.add_u64_field(Self::KIND, FAST),
            ordinal: builder.add_u64_field(Self::ORDINAL, FAST),
            segment: builder.add_u64_field(Self::SEGMENT, FAST),
            length: builder.add_u64_field(Self::LENGTH, FAST),
        };
        (builder.build(), fields)
    }

    /// The field of a leg's terms.
    pub const fn terms_of(&self, kind: UnitKind) -> Field {
        match kind {
            UnitKind::Passage => self.passage_terms,
            UnitKind::Paragraph => self.paragraph_terms,
        }
    }

    /// What deletes a revision.
    pub fn revision_term(&self, slot: u64) -> Term {
        Term::from_field_u64(self.revision, slot)
    }
}

fn partition_mark(partition: u32) -> Option<char> {
    let code = FIRST_PARTITION.checked_add(partition)?;
    if code > LAST_PARTITION {
        return None;
    }
    char::from_u32(code)
}

/// The term as it lies in the index.
pub fn term_in_partition(field: Field, partition: u32, term: &str) -> Option<Term> {
    let mut marked = String::with_capacity(term.len() + 4);
    marked.push(partition_mark(partition)?);
    marked.push_str(term);
    Some(Term::from_field_text(field, &marked))
}

/// Makes the tokeniser known to an index.
pub fn register(index: &Index) {
    index.tokenizers().register(TOKENIZER, TextAnalyzer::from(Grams));
}

/// Cuts a folded text whose first character is the mark of its 課.
#[derive(Clone)]
struct Grams;

struct GramStream<'a> {
    text: &'a str,
    mark: &'a str,
    cuts: Vec<Range<usize>>,
    next: usize,
    token: Token,
}

impl Tokenizer for Grams {
    type TokenStream<'a> = GramStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> GramStream<'a> {
        let mark = text.chars().next().map_or(0, char::len_utf8);
        let mut cuts = Vec::with_capacity(text.len());
        for_each_cut(text, |cut| cuts.push(cut));
        GramStream {
            text,
            mark: &text[..mark],
            cuts,
            next: 0,
            token: Token::default(),
        }
    }
}

impl TokenStream for GramStream<'_> {
    fn advance(&mut self) -> bool {
        let Some(cut) = self.cuts.get(self.next) else {
            return false;
        };
        self.token.reset();
        self.token.position = self.next;
        self.token.offset_from = cut.start;
        self.token.offset_to = cut.end;
        self.token.text.push_str(self.mark);
        self.token.text.push_str(&self.text[cut.clone()]);
        self.next += 1;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

/// Units added for a revision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// Passages.
    pub passages: u64,
    /// 項.
    pub paragraphs: u64,
}

/// Adds a revision's units: all passages, then all 項.
pub fn add_revision(
    writer: &IndexWriter,
    fields: &Fields,
    revision: &IndexedRevision,
    slot: u64,
    partition: u32,
) -> Result<Added, IndexError> {
    let mark = partition_mark(partition)
        .ok_or_else(|| IndexError::Engine("more departments than the index can hold".into()))?;
    let mut added = Added::default();
    let mut text = String::new();
    let mut add = |kind: UnitKind, unit: &Unit<'_>| {
        text.clear();
        text.push(mark);
        for piece in &unit.pieces {
            text.push_str(&folded(piece));
            text.push('\n');
        }
        let mut length = 0_u64;
        for_each_cut(&text, |_| length += 1);
        let mut document = TantivyDocument::default();
        document.add_text(fields.terms_of(kind), &text);
        document.add_u64(fields.revision, slot);
        document.add_u64(fields.kind, kind.code(unit.supplementary));
        document.add_u64(fields.ordinal, u64::from(unit.ordinal));
        document.add_u64(
            fields.segment,
            unit.segment.map_or(0, |segment| u64::from(segment) + 1),
        );
        document.add_u64(fields.length, length);
        writer.add_document(document).map_err(engine_error)
    };
    for unit in passages(revision) {
        add(UnitKind::Passage, &unit)?;
        added.passages += 1;
    }
    for unit in paragraphs(revision) {
        add(UnitKind::Paragraph, &unit)?;
        added.paragraphs += 1;
    }
    Ok(added)
}
