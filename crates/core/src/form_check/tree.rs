//! From TOML text to a drafted definition and the places of its parts.
//!
//! Names syntax errors, keys written twice, unknown keys, missing keys and values of a wrong kind,
//! all of them in one pass. Never judges a value that has the right kind; that is `rules`.

mod accept;
mod output;

use std::collections::HashMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub(super) use self::output::OutputPlaces;
use super::Mistakes;
use super::rule_tree;
use crate::acceptance::AcceptTerms;
use crate::form::{Blank, Choice, FieldDefinition, FieldType, FormDefinition, Lexicon, MmBox};

pub(super) type Span = Range<usize>;

/// Where the parts of a definition stand.
#[derive(Default)]
pub(super) struct Places {
    /// Top keys and those of `[blank]` (as `blank.file`).
    pub top: HashMap<String, Span>,
    /// Per field: its keys; `""` is the field itself.
    pub fields: Vec<HashMap<String, Span>>,
    /// Per field and choice: `value` and `box`.
    pub choices: Vec<Vec<[Span; 2]>>,
    /// Per output.
    pub outputs: Vec<OutputPlaces>,
    /// Per rule: its keys; `""` is the rule itself.
    pub rules: Vec<HashMap<String, Span>>,
}

const TYPES: [(&str, FieldType); 14] = [
    ("number", FieldType::Number),
    ("amount", FieldType::Amount),
    ("wareki_date", FieldType::WarekiDate),
    ("kana", FieldType::Kana),
    ("name", FieldType::Name),
    ("address", FieldType::Address),
    ("postal_code", FieldType::PostalCode),
    ("phone", FieldType::Phone),
    ("account", FieldType::Account),
    ("individual_number", FieldType::IndividualNumber),
    ("corporate_number", FieldType::CorporateNumber),
    ("check", FieldType::Check),
    ("circle", FieldType::Circle),
    ("free_text", FieldType::FreeText),
];

/// Reads `text`; `None` when a part is missing, which is then among the mistakes.
pub(super) fn read(text: &str, mistakes: &mut Mistakes<'_>) -> Option<(FormDefinition, Places)> {
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        mistakes.add(&span, syntax_ja(error.message()));
    }
    if !errors.is_empty() {
        return None;
    }
    let span = root.span();
    let mut top = Table::of("この定義", root.get_ref(), span, mistakes);
    top.allow(&[
        "id", "name", "version", "check", "accept", "blank", "field", "rule", "output",
    ]);
    let id = top.string("id", true);
    let name = top.string("name", true);
    let version = top.whole("version", true);
    let check = accept::policy(&mut top);
    let accept = top.table_opt("accept");
    let blank = top.table("blank");
    let fields = top.tables("field");
    let outputs = top.tables("output");
    let rules = top.tables("rule");
    let mut places = Places {
        top: top.spans("").collect(),
        ..Places::default()
    };
    let blank = blank.and_then(|(table, span)| {
        let mut part = Table::of("[blank]", table, span, mistakes);
        places.top.extend(part.spans("blank."));
        read_blank(&mut part)
    });
    let accept = accept.map(|(table, span)| {
        let mut part = Table::of("[accept]", table, span, mistakes);
        accept::terms(&mut part)
    });
    let mut drafted = Vec::new();
    for (table, span) in fields {
        let mut part = Table::of("[[field]]", table, span, mistakes);
        let spans = part.all_spans();
        let (field, choices) = read_field(&mut part);
        drafted.push(field);
        places.fields.push(spans);
        places.choices.push(choices);
    }
    let outputs = output::read_all(outputs, &mut places.outputs, mistakes);
    let rules: Vec<_> = rules
        .into_iter()
        .map(|(table, span)| {
            let mut part = Table::of("[[rule]]", table, span, mistakes);
            places.rules.push(part.all_spans());
            rule_tree::read(&mut part)
        })
        .collect();
    let form = FormDefinition {
        id: id?,
        name: name?,
        version: version?,
        check,
        accept: accept.unwrap_or(Some(AcceptTerms::default()))?,
        blank: blank?,
        fields: drafted.into_iter().collect::<Option<_>>()?,
        outputs: outputs?,
        rules: rules.into_iter().collect::<Option<_>>()?,
    };
    Some((form, places))
}

fn read_blank(part: &mut Table<'_, '_, '_, '_>) -> Option<Blank> {
    part.allow(&["file", "page", "width_mm", "height_mm"]);
    let (file, page) = (part.string("file", true), part.whole("page", false));
    let (width_mm, height_mm) = (part.number("width_mm"), part.number("height_mm"));
    Some(Blank {
        file: file?,
        page: page.unwrap_or(1),
        width_mm: width_mm?,
        height_mm: height_mm?,
    })
}

fn read_field(part: &mut Table<'_, '_, '_, '_>) -> (Option<FieldDefinition>, Vec<[Span; 2]>) {
    const KEYS: [&str; 13] = [
        "key",
        "label",
        "type",
        "box",
        "cells",
        "alphabet",
        "pattern",
        "lexicon",
        "required",
        "sensitive",
        "column",
        "choice",
        "multiple",
    ];
    part.allow(&KEYS);
    let (key, label) = (part.string("key", true), part.string("label", true));
    let (kind, area) = (part.kind(), part.area());
    let (cells, alphabet) = (part.whole("cells", false), part.string("alphabet", false));
    let pattern = part.string("pattern", false);
    let lexicon = read_lexicon(part);
    let (required, sensitive) = (part.flag("required"), part.flag("sensitive"));
    let (column, multiple) = (part.string("column", false), part.flag("multiple"));
    let (mut choices, mut places) = (Vec::new(), Vec::new());
    for (table, span) in part.tables("choice") {
        let mut inner = Table::of("choice", table, span.clone(), part.mistakes);
        inner.allow(&["value", "box"]);
        let (value, area) = (inner.string("value", true), inner.area());
        places.push([inner.span("value"), inner.span("box")]);
        choices.push(value.zip(area).map(|(value, area)| Choice { value, area }));
    }
    let drafted = || {
        Some(FieldDefinition {
            key: key?,
            label: label?,
            kind: kind?,
            area: area?,
            cells,
            alphabet,
            pattern,
            lexicon: lexicon?,
            required,
            sensitive,
            column,
            choices: choices.into_iter().collect::<Option<_>>()?,
            multiple,
        })
    };
    (drafted(), places)
}

/// The master of a field; the outer `None` is one that cannot be read.
fn read_lexicon(part: &mut Table<'_, '_, '_, '_>) -> Option<Option<Lexicon>> {
    if part.table.get("lexicon").is_none() {
        return Some(None);
    }
    let (table, span) = part.table("lexicon")?;
    let mut inner = Table::of("lexicon", table, span, part.mistakes);
    inner.allow(&["file", "column"]);
    let (file, column) = (inner.string("file", true), inner.string("column", true));
    Some(Some(Lexicon {
        file: file?,
        column: column?,
    }))
}

/// One table of the text, with its name for sentences.
pub(super) struct Table<'a, 'i, 'b, 'm> {
    name: &'static str,
    table: &'a DeTable<'i>,
    whole: Span,
    mistakes: &'b mut Mistakes<'m>,
}

impl<'a, 'i, 'b, 'm> Table<'a, 'i, 'b, 'm> {
    fn of(name: &'static str, table: &'a DeTable<'i>, whole: Span, mistakes: &'b mut Mistakes<'m>) -> Self {
        Self {
            name,
            table,
            whole,
            mistakes,
        }
    }

    pub(super) fn allow(&mut self, keys: &[&str]) {
        for key in self.table.keys() {
            let written = key.get_ref().as_ref();
            if !keys.contains(&written) {
                let sentence = format!(
                    "「{written}」という項目はありません。{} に書ける項目は {} です。",
                    self.name,
                    keys.join("、")
                );
                self.mistakes.add(&key.span(), sentence);
            }
        }
    }

    fn spans(&self, prefix: &'static str) -> impl Iterator<Item = (String, Span)> + use<'a, 'i, 'b, 'm> {
        let table = self.table;
        table
            .iter()
            .map(move |(key, value)| (format!("{prefix}{}", key.get_ref()), value.span()))
    }

    /// The spans of all keys, and of the table itself as `""`.
    fn all_spans(&self) -> HashMap<String, Span> {
        let own = (String::new(), self.whole.clone());
        self.spans("").chain([own]).collect()
    }

    pub(super) fn strings(&mut self, key: &str, needed: bool) -> Option<Vec<String>> {
        self.typed(
            key,
            needed,
            "「\"」で囲んだ文字の並び [ … ] ",
            |value| {
                let words = value.as_array()?.iter();
                words
                    .map(|word| word.get_ref().as_str().map(str::to_owned))
                    .collect()
            },
        )
    }

    pub(super) fn integer(&mut self, key: &str) -> Option<i64> {
        self.typed(key, false, "整数", |value| {
            let number = value.as_integer()?;
            i64::from_str_radix(number.as_str(), number.radix()).ok()
        })
    }

    fn span(&self, key: &str) -> Span {
        self.table.get(key).map_or(self.whole.clone(), Spanned::span)
    }

    fn value(&mut self, key: &str, needed: bool) -> Option<&'a Spanned<DeValue<'i>>> {
        let value = self.table.get(key);
        if value.is_none() && needed {
            let sentence = format!("{} に「{key}」がありません。書き足してください。", self.name);
            self.mistakes.add(&self.whole, sentence);
        }
        value
    }

    pub(super) fn typed<T>(
        &mut self,
        key: &str,
        needed: bool,
        what: &str,
        read: impl FnOnce(&'a DeValue<'i>) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(key, needed)?;
        let read = read(value.get_ref());
        if read.is_none() {
            self.mistakes
                .add(&value.span(), format!("「{key}」には{what}を書いてください。"));
        }
        read
    }

    pub(super) fn string(&mut self, key: &str, needed: bool) -> Option<String> {
        self.typed(key, needed, "「\"」で囲んだ文字", |value| {
            value.as_str().map(str::to_owned)
        })
    }

    fn whole(&mut self, key: &str, needed: bool) -> Option<u32> {
        self.typed(key, needed, " 0 以上の整数", |value| {
            let number = value.as_integer()?;
            u32::from_str_radix(number.as_str(), number.radix()).ok()
        })
    }

    fn number(&mut self, key: &str) -> Option<f32> {
        self.typed(key, true, "数(ミリメートル)", number)
    }

    fn flag(&mut self, key: &str) -> bool {
        self.typed(key, false, " true か false ", DeValue::as_bool)
            .unwrap_or(false)
    }

    fn kind(&mut self) -> Option<FieldType> {
        let names: Vec<&str> = TYPES.iter().map(|(name, _)| *name).collect();
        let what = format!("欄の種類({})のどれか", names.join("、"));
        self.typed("type", true, &what, |value| {
            let written = value.as_str()?;
            TYPES
                .iter()
                .find(|(name, _)| *name == written)
                .map(|(_, kind)| *kind)
        })
    }

    fn area(&mut self) -> Option<MmBox> {
        self.typed(
            "box",
            true,
            "枠を [左, 上, 幅, 高さ] の四つの数(ミリメートル)で",
            |value| {
                let numbers: Vec<f32> = value
                    .as_array()?
                    .iter()
                    .map(|item| number(item.get_ref()))
                    .collect::<Option<_>>()?;
                <[f32; 4]>::try_from(numbers).ok().map(MmBox::from)
            },
        )
    }

    fn table(&mut self, key: &str) -> Option<(&'a DeTable<'i>, Span)> {
        let span = self.span(key);
        self.typed(key, true, &format!("表 [{key}] "), DeValue::as_table)
            .map(|table| (table, span))
    }

    fn table_opt(&mut self, key: &str) -> Option<(&'a DeTable<'i>, Span)> {
        self.table.get(key)?;
        self.table(key)
    }

    fn tables(&mut self, key: &str) -> Vec<(&'a DeTable<'i>, Span)> {
        let list = self.typed(key, false, &format!("表の並び [[{key}]] "), DeValue::as_array);
        let mut tables = Vec::new();
        for item in list.into_iter().flat_map(|list| list.iter()) {
            match item.get_ref().as_table() {
                Some(table) => tables.push((table, item.span())),
                None => self
                    .mistakes
                    .add(&item.span(), format!("「{key}」には表を並べてください。")),
            }
        }
        tables
    }
}

fn number(value: &DeValue<'_>) -> Option<f32> {
    let text = match value {
        DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
        DeValue::Float(number) => number.as_str(),
        _ => return None,
    };
    text.parse().ok().filter(|parsed: &f32| parsed.is_finite())
}

fn syntax_ja(message: &str) -> String {
    let message = message.replace('\n', " ");
    if message.contains("duplicate key") {
        "同じ項目が二度書かれています。一つにしてください。".to_owned()
    } else {
        format!("TOML として読めません。引用符・かっこ・「=」の書き方を確かめてください。({message})")
    }
}
