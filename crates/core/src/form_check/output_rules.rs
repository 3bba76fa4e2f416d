//! What the outputs of a definition must keep: columns that exist, widths that hold what stands in them,
//! and nothing declared that the format would not heed.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::Mistakes;
use super::rules::{is_key, key_rule};
use super::tree::{OutputPlaces, Places};
use crate::cp932;
use crate::form::{FieldType, FormDefinition};
use crate::output_profile::{
    ColumnSource, GaijiPolicy, LetterWidth, LineEnd, OutputColumn, OutputFormat, OutputProfile, STANDARD,
    TextEncoding,
};
use crate::wareki::Era;

/// The longest record that a core system takes by far: 32 KiB.
const MOST_BYTES: u32 = 32_768;

type Spans = HashMap<String, Range<usize>>;

/// Adds every broken rule to `mistakes`.
pub(super) fn check(form: &FormDefinition, places: &Places, mistakes: &mut Mistakes<'_>) {
    let mut ids = BTreeSet::from([STANDARD]);
    for (profile, places) in form.outputs.iter().zip(&places.outputs) {
        let mut rules = Rules {
            form,
            profile,
            places,
            mistakes,
        };
        rules.head(&mut ids);
        rules.text();
        rules.gaiji();
        rules.columns();
    }
}

struct Rules<'a, 'b, 'm> {
    form: &'a FormDefinition,
    profile: &'a OutputProfile,
    places: &'a OutputPlaces,
    mistakes: &'b mut Mistakes<'m>,
}

fn place(spans: &Spans, key: &str) -> Range<usize> {
    spans.get(key).or_else(|| spans.get("")).cloned().unwrap_or(0..0)
}

impl<'a> Rules<'a, '_, '_> {
    fn require(&mut self, holds: bool, key: &str, sentence_ja: impl FnOnce() -> String) {
        let span = place(&self.places.keys, key);
        self.mistakes.require(holds, &span, sentence_ja);
    }

    /// Nothing may be declared under `key` unless `heeded`.
    fn heed(&mut self, key: &str, heeded: bool, words: &str) {
        let id = &self.profile.id;
        let span = place(&self.places.keys, key);
        let declared = self.places.keys.contains_key(key);
        self.mistakes.require(heeded || !declared, &span, || {
            format!("出力「{id}」: {key} を書けるのは {words} の出力だけです。")
        });
    }

    fn head(&mut self, ids: &mut BTreeSet<&'a str>) {
        let OutputProfile { id, name, format, .. } = self.profile;
        self.require(is_key(id), "id", || key_rule("id"));
        self.require(ids.insert(id), "id", || {
            format!(
                "出力の id「{id}」は二度使われているか、Shoki が自分で使う名前です。別の名前にしてください。"
            )
        });
        self.require(!name.trim().is_empty(), "name", || {
            format!("出力「{id}」の名前(name)を書いてください。")
        });
        let columns = self.profile.columns.len();
        let is_pdf = *format == OutputFormat::Pdf;
        self.require(is_pdf || columns > 0, "", || {
            format!("出力「{id}」に列([[output.column]])が一つもありません。")
        });
        self.require(!is_pdf || columns == 0, "column", || {
            format!("出力「{id}」は PDF なので列は書けません。すべての欄が検索できます。")
        });
    }

    fn text(&mut self) {
        let OutputProfile { id, format, .. } = self.profile;
        let (is_text, is_csv) = (format.is_declared_text(), *format == OutputFormat::Csv);
        self.heed("encoding", is_text, "csv と fixed");
        self.heed("line_end", is_text, "csv と fixed");
        self.heed(
            "header",
            is_text || *format == OutputFormat::Excel,
            "csv と fixed と excel",
        );
        self.heed("quote", is_csv, "csv");
        self.heed("delimiter", is_csv, "csv");
        self.heed("escape_formulas", is_csv, "csv");
        self.heed("unfit", *format != OutputFormat::Pdf, "pdf 以外");
        self.heed("unsure", *format != OutputFormat::Pdf, "pdf 以外");
        let fixed = *format == OutputFormat::Fixed;
        self.require(
            self.profile.line_end != LineEnd::None || fixed,
            "line_end",
            || format!("出力「{id}」: line_end = \"none\"(改行なし)は固定長(fixed)でだけ使えます。"),
        );
        // Below 0x40: no second byte of CP932 looks like one of them.
        let delimits = [',', ';', '\t'].contains(&self.profile.delimiter);
        self.require(delimits, "delimiter", || {
            format!("出力「{id}」の delimiter は「,」「;」「\\t」(タブ)のどれかにしてください。")
        });
    }

    fn gaiji(&mut self) {
        let OutputProfile {
            id, encoding, gaiji, ..
        } = self.profile;
        let limited = self.profile.format.is_declared_text() && *encoding == TextEncoding::Cp932;
        self.heed("gaiji", limited, "encoding = \"cp932\"");
        self.heed("replace", limited, "encoding = \"cp932\"");
        let list = &self.profile.replace;
        self.require(
            *gaiji != GaijiPolicy::Replace || !list.is_empty(),
            "gaiji",
            || format!("出力「{id}」: gaiji = \"replace\" には置き換えの表(replace)が必要です。"),
        );
        self.require(*gaiji != GaijiPolicy::Stop || list.is_empty(), "replace", || {
            format!(
                "出力「{id}」: 置き換えの表(replace)は gaiji = \"replace\" か \"geta\" のときに使えます。"
            )
        });
        for (from, to) in list {
            self.require(!from.is_empty() && !to.chars().any(char::is_control), "replace", || {
                format!("出力「{id}」の置き換え「{from}」→「{to}」を確かめてください。元の文字は空にできず、改行などは使えません。")
            });
        }
    }

    fn columns(&mut self) {
        let mut names = BTreeSet::new();
        let mut total = 0_u32;
        for (index, column) in self.profile.columns.iter().enumerate() {
            let spans = &self.places.columns[index];
            let name = &column.name;
            self.column_rule(
                spans,
                "name",
                !name.trim().is_empty() && names.insert(name.as_str()),
                || format!("列の名前「{name}」は空か、二度使われています。"),
            );
            self.source(spans, column);
            self.conversions(spans, column);
            self.width(spans, column);
            self.own_texts(spans, column);
            total = total.saturating_add(column.width.unwrap_or(0));
        }
        let id = &self.profile.id;
        self.require(total <= MOST_BYTES, "column", || {
            format!("出力「{id}」の一件が {total} バイトです。{MOST_BYTES} バイト以下にしてください。")
        });
    }

    fn column_rule(&mut self, spans: &Spans, key: &str, holds: bool, sentence_ja: impl FnOnce() -> String) {
        self.mistakes.require(holds, &place(spans, key), sentence_ja);
    }

    fn source(&mut self, spans: &Spans, column: &OutputColumn) {
        let name = &column.name;
        match &column.source {
            ColumnSource::Field(key) => {
                let known = self.form.fields.iter().any(|field| field.key == *key);
                self.column_rule(spans, "field", known, || {
                    format!("列「{name}」: この帳票に「{key}」という欄はありません。")
                });
            }
            ColumnSource::Constant(text) => {
                self.column_rule(spans, "constant", !text.chars().any(char::is_control), || {
                    format!("列「{name}」の constant に改行やタブは書けません。")
                });
            }
            ColumnSource::Own(_) => {}
        }
    }

    fn conversions(&mut self, spans: &Spans, column: &OutputColumn) {
        let name = &column.name;
        let field = match &column.source {
            ColumnSource::Field(key) => self.form.fields.iter().find(|field| field.key == *key),
            ColumnSource::Constant(_) | ColumnSource::Own(_) => None,
        };
        let is_field = matches!(column.source, ColumnSource::Field(_));
        for (key, used) in [
            ("date", column.date.is_some()),
            ("codes", !column.codes.is_empty()),
            ("digits", column.digits.is_some()),
            ("strip_zeros", column.strip_zeros),
        ] {
            self.column_rule(spans, key, is_field || !used, || {
                format!("列「{name}」: {key} は欄(field)の列でだけ使えます。")
            });
        }
        self.column_rule(
            spans,
            "era",
            column.era.is_none() || column.date.is_some(),
            || format!("列「{name}」: era は date と一緒に書いてください。"),
        );
        if let Some(era) = &column.era {
            let holds_eras = |key: &str| {
                let named = self.form.fields.iter().find(|field| field.key == key);
                named.is_some_and(|field| matches!(field.kind, FieldType::Circle | FieldType::Check))
            };
            let known = Era::named(era).is_some() || holds_eras(era);
            self.column_rule(spans, "era", known, || {
                format!("列「{name}」の era には元号(令和 など)か、元号を選ぶ欄の key を書いてください。")
            });
        }
        let clash = column.date.is_some()
            && (!column.codes.is_empty() || column.digits.is_some() || column.strip_zeros);
        self.column_rule(spans, "date", !clash, || {
            format!("列「{name}」: date は codes・digits・strip_zeros と一緒に使えません。")
        });
        self.column_rule(
            spans,
            "digits",
            !(column.digits.is_some() && column.strip_zeros),
            || {
                format!(
                    "列「{name}」: digits(先頭を 0 で埋める)と strip_zeros(先頭の 0 を取る)は両立しません。"
                )
            },
        );
        self.column_rule(
            spans,
            "digits",
            column.digits.is_none_or(|most| (1..=40).contains(&most)),
            || format!("列「{name}」の digits は 1 以上 40 以下にしてください。"),
        );
        let marked = field.filter(|field| !field.choices.is_empty() && !field.multiple);
        if let (Some(field), false) = (marked, column.codes.is_empty()) {
            let missing: Vec<&str> = field
                .choices
                .iter()
                .map(|choice| choice.value.as_str())
                .filter(|value| !column.codes.contains_key(*value))
                .collect();
            self.column_rule(spans, "codes", missing.is_empty(), || {
                format!(
                    "列「{name}」の codes に選択肢「{}」がありません。",
                    missing.join("」「")
                )
            });
        }
    }

    fn width(&mut self, spans: &Spans, column: &OutputColumn) {
        let name = &column.name;
        let fixed = self.profile.format == OutputFormat::Fixed;
        for key in ["width", "align", "pad"] {
            self.column_rule(spans, key, fixed || !spans.contains_key(key), || {
                format!("列「{name}」: {key} を書けるのは固定長(fixed)の出力だけです。")
            });
        }
        if !fixed {
            return;
        }
        self.column_rule(
            spans,
            "width",
            column.width.is_some_and(|width| width >= 1),
            || format!("列「{name}」の width(バイト数)を 1 以上で書いてください。"),
        );
        let pad = column.pad.unwrap_or(' ');
        self.column_rule(spans, "pad", !pad.is_control(), || {
            format!("列「{name}」の pad に改行やタブは使えません。")
        });
        // Only then is every value as long as a whole number of pads.
        let wide = !pad.is_ascii();
        let even = self.profile.encoding == TextEncoding::Cp932
            && column.letters == Some(LetterWidth::Full)
            && cp932::bytes(pad).is_some_and(|bytes| bytes.len() == 2)
            && column.width.is_none_or(|width| width % 2 == 0);
        self.column_rule(spans, "pad", !wide || even, || {
            format!("列「{name}」: 全角の pad は encoding = \"cp932\"、letters = \"full\"、偶数の width と一緒に使ってください。")
        });
    }

    /// What is written whatever was read must be writable.
    fn own_texts(&mut self, spans: &Spans, column: &OutputColumn) {
        let name = &column.name;
        let constant = match &column.source {
            ColumnSource::Constant(text) => Some(("constant", text)),
            ColumnSource::Field(_) | ColumnSource::Own(_) => None,
        };
        let header = self.profile.header.then_some(("name", name));
        let codes = column.codes.values().map(|code| ("codes", code));
        let texts: Vec<_> = constant.into_iter().chain(header).chain(codes).collect();
        for (key, text) in texts {
            let Some(bytes) = self.bytes(text) else {
                let sentence = format!("列「{name}」の「{text}」に CP932 にない字があります。");
                self.mistakes.require(false, &place(spans, key), || sentence);
                continue;
            };
            let fits = column.width.is_none_or(|width| bytes <= width as usize);
            self.column_rule(spans, key, fits, || {
                format!("列「{name}」の「{text}」は {bytes} バイトで、width に入りません。")
            });
        }
    }

    /// Length in the file; `None` when it cannot be written.
    fn bytes(&self, text: &str) -> Option<usize> {
        if !self.profile.format.is_declared_text() || self.profile.encoding != TextEncoding::Cp932 {
            return Some(text.len());
        }
        let lengths: Option<Vec<usize>> = text.chars().map(|c| cp932::bytes(c).map(|b| b.len())).collect();
        Some(lengths?.into_iter().sum())
    }
}
