//! From the `[[output]]` tables of a definition to drafted profiles and the places of their parts.

use std::collections::{BTreeMap, HashMap};

use toml::de::{DeTable, DeValue};

use super::{Span, Table};
use crate::form_check::Mistakes;
use crate::output_profile::{
    Align, ColumnSource, DateForm, GaijiPolicy, LetterWidth, LineEnd, OutputColumn, OutputFormat,
    OutputProfile, OwnValue, Quoting, TextEncoding, UnfitPolicy, UnsurePolicy, comma,
};

/// Where the parts of one output stand.
#[derive(Default)]
pub(in super::super) struct OutputPlaces {
    /// Its keys; `""` is the output itself.
    pub keys: HashMap<String, Span>,
    /// Per column: its keys; `""` is the column itself.
    pub columns: Vec<HashMap<String, Span>>,
}

const FORMATS: [(&str, OutputFormat); 5] = [
    ("csv", OutputFormat::Csv),
    ("fixed", OutputFormat::Fixed),
    ("excel", OutputFormat::Excel),
    ("json", OutputFormat::Json),
    ("pdf", OutputFormat::Pdf),
];
const ENCODINGS: [(&str, TextEncoding); 3] = [
    ("utf8_bom", TextEncoding::Utf8Bom),
    ("utf8", TextEncoding::Utf8),
    ("cp932", TextEncoding::Cp932),
];
const LINE_ENDS: [(&str, LineEnd); 3] = [
    ("crlf", LineEnd::Crlf),
    ("lf", LineEnd::Lf),
    ("none", LineEnd::None),
];
const QUOTES: [(&str, Quoting); 3] = [
    ("needed", Quoting::Needed),
    ("always", Quoting::Always),
    ("never", Quoting::Never),
];
const GAIJI: [(&str, GaijiPolicy); 3] = [
    ("stop", GaijiPolicy::Stop),
    ("replace", GaijiPolicy::Replace),
    ("geta", GaijiPolicy::Geta),
];
const UNFIT: [(&str, UnfitPolicy); 2] = [("stop", UnfitPolicy::Stop), ("blank", UnfitPolicy::Blank)];
const UNSURE: [(&str, UnsurePolicy); 3] = [
    ("write", UnsurePolicy::Write),
    ("blank", UnsurePolicy::Blank),
    ("stop", UnsurePolicy::Stop),
];
const DATES: [(&str, DateForm); 5] = [
    ("yyyymmdd", DateForm::Compact),
    ("yyyy-mm-dd", DateForm::Dashes),
    ("yyyy/mm/dd", DateForm::Slashes),
    ("gyymmdd", DateForm::EraDigit),
    ("wareki", DateForm::Wareki),
];
const LETTERS: [(&str, LetterWidth); 2] = [("full", LetterWidth::Full), ("half", LetterWidth::Half)];
const ALIGNS: [(&str, Align); 2] = [("left", Align::Left), ("right", Align::Right)];
const OWN: [(&str, OwnValue); 5] = [
    ("page", OwnValue::Page),
    ("row", OwnValue::Row),
    ("document", OwnValue::Document),
    ("to_check", OwnValue::ToCheck),
    ("reasons", OwnValue::Reasons),
];
const KEYS: [&str; 14] = [
    "id",
    "name",
    "format",
    "encoding",
    "line_end",
    "header",
    "quote",
    "delimiter",
    "escape_formulas",
    "gaiji",
    "replace",
    "unfit",
    "unsure",
    "column",
];
const COLUMN_KEYS: [&str; 13] = [
    "name",
    "field",
    "constant",
    "own",
    "date",
    "era",
    "codes",
    "digits",
    "strip_zeros",
    "letters",
    "width",
    "align",
    "pad",
];

/// Reads every output; `None` when a part is missing or wrong, which is then among the mistakes.
pub(super) fn read_all(
    tables: Vec<(&DeTable<'_>, Span)>,
    places: &mut Vec<OutputPlaces>,
    mistakes: &mut Mistakes<'_>,
) -> Option<Vec<OutputProfile>> {
    let mut drafted = Vec::new();
    for (table, span) in tables {
        let mut part = Table::of("[[output]]", table, span.clone(), mistakes);
        let mut own = OutputPlaces {
            keys: part.spans("").collect(),
            columns: Vec::new(),
        };
        own.keys.insert(String::new(), span);
        drafted.push(read(&mut part, &mut own.columns));
        places.push(own);
    }
    drafted.into_iter().collect()
}

fn read(part: &mut Table<'_, '_, '_, '_>, places: &mut Vec<HashMap<String, Span>>) -> Option<OutputProfile> {
    part.allow(&KEYS);
    let (id, name) = (part.string("id", true), part.string("name", true));
    let format = word(part, "format", true, &FORMATS);
    let encoding = word(part, "encoding", false, &ENCODINGS);
    let line_end = word(part, "line_end", false, &LINE_ENDS);
    let quote = word(part, "quote", false, &QUOTES);
    let delimiter = letter(part, "delimiter");
    let escape_formulas = part.typed("escape_formulas", false, " true か false ", DeValue::as_bool);
    let (gaiji, header) = (word(part, "gaiji", false, &GAIJI), part.flag("header"));
    let replace = words(part, "replace");
    let unfit = word(part, "unfit", false, &UNFIT);
    let unsure = word(part, "unsure", false, &UNSURE);
    let mut columns = Vec::new();
    for (table, span) in part.tables("column") {
        let mut inner = Table::of("[[output.column]]", table, span.clone(), part.mistakes);
        let mut keys: HashMap<String, Span> = inner.spans("").collect();
        keys.insert(String::new(), span);
        columns.push(read_column(&mut inner));
        places.push(keys);
    }
    Some(OutputProfile {
        id: id?,
        name: name?,
        format: format?,
        encoding: encoding.unwrap_or_default(),
        line_end: line_end.unwrap_or_default(),
        header,
        quote: quote.unwrap_or_default(),
        delimiter: delimiter.unwrap_or_else(comma),
        escape_formulas: escape_formulas.unwrap_or(true),
        gaiji: gaiji.unwrap_or_default(),
        replace,
        unfit: unfit.unwrap_or_default(),
        unsure: unsure.unwrap_or_default(),
        columns: columns.into_iter().collect::<Option<_>>()?,
    })
}

fn read_column(part: &mut Table<'_, '_, '_, '_>) -> Option<OutputColumn> {
    part.allow(&COLUMN_KEYS);
    let name = part.string("name", true);
    let source = source(part);
    let (date, era) = (word(part, "date", false, &DATES), part.string("era", false));
    let codes = words(part, "codes");
    let (digits, strip_zeros) = (part.whole("digits", false), part.flag("strip_zeros"));
    let letters = word(part, "letters", false, &LETTERS);
    let width = part.whole("width", false);
    let (align, pad) = (word(part, "align", false, &ALIGNS), letter(part, "pad"));
    Some(OutputColumn {
        name: name?,
        source: source?,
        date,
        era,
        codes,
        digits,
        strip_zeros,
        letters,
        width,
        align: align.unwrap_or_default(),
        pad,
    })
}

fn source(part: &mut Table<'_, '_, '_, '_>) -> Option<ColumnSource> {
    let field = part.string("field", false).map(ColumnSource::Field);
    let constant = part.string("constant", false).map(ColumnSource::Constant);
    let own = word(part, "own", false, &OWN).map(ColumnSource::Own);
    let named = ["field", "constant", "own"]
        .iter()
        .filter(|key| part.table.contains_key(**key))
        .count();
    if named != 1 {
        let sentence =
            "列の値は field(欄の key)、constant(決まった文字)、own のどれか一つだけで書いてください。";
        part.mistakes.add(&part.whole.clone(), sentence);
        return None;
    }
    field.or(constant).or(own)
}

/// One of the words.
fn word<T: Copy>(
    part: &mut Table<'_, '_, '_, '_>,
    key: &str,
    needed: bool,
    words: &[(&str, T)],
) -> Option<T> {
    let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
    let what = format!(" {} のどれか", names.join("、"));
    part.typed(key, needed, &what, |value| {
        let written = value.as_str()?;
        words
            .iter()
            .find(|(name, _)| *name == written)
            .map(|(_, word)| *word)
    })
}

fn letter(part: &mut Table<'_, '_, '_, '_>, key: &str) -> Option<char> {
    part.typed(key, false, "「\"」で囲んだ一文字", |value| {
        let mut letters = value.as_str()?.chars();
        letters.next().filter(|_| letters.next().is_none())
    })
}

/// A table of texts.
fn words(part: &mut Table<'_, '_, '_, '_>, key: &str) -> BTreeMap<String, String> {
    let what = "、{ \"元の文字\" = \"置き換える文字\" } の形の表";
    part.typed(key, false, what, |value| {
        value
            .as_table()?
            .iter()
            .map(|(from, to)| Some((from.get_ref().to_string(), to.get_ref().as_str()?.to_owned())))
            .collect()
    })
    .unwrap_or_default()
}
