//! What the declared rules, patterns and masters of a definition must keep: their fields exist and have
//! types that the rule can judge.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Mistakes;
use super::tree::Places;
use crate::form::{FieldDefinition, FieldType as T, FormDefinition};
use crate::grammar::Grammar;
use crate::rule::{DateParts, Rule};
use crate::wareki::Era;

/// Adds every mistake of a rule, a pattern or a master to `mistakes`.
pub(super) fn check(form: &FormDefinition, places: &Places, mistakes: &mut Mistakes<'_>) {
    for (field, spans) in form.fields.iter().zip(&places.fields) {
        let at = |key: &str| spans.get(key).cloned().unwrap_or(0..0);
        grammar(field, &at, mistakes);
    }
    for (rule, spans) in form.rules.iter().zip(&places.rules) {
        let at = |key: &str| spans.get(key).or_else(|| spans.get("")).cloned().unwrap_or(0..0);
        let mut checked = Checked {
            form,
            at: &at,
            mistakes,
        };
        checked.rule(rule);
    }
}

fn grammar(field: &FieldDefinition, at: &dyn Fn(&str) -> Range<usize>, mistakes: &mut Mistakes<'_>) {
    let key = &field.key;
    let is_marked = matches!(field.kind, T::Check | T::Circle);
    if let Some(pattern) = &field.pattern {
        let span = at("pattern");
        mistakes.require(!is_marked, &span, || {
            format!("欄「{key}」は選択肢の欄なので pattern は書けません。")
        });
        mistakes.require(Grammar::of_pattern(pattern).is_ok(), &span, || {
            format!("欄「{key}」の pattern が正規表現として読めないか、大きすぎます。かっこ・[ ]・{{ }} の対応を確かめてください。")
        });
        mistakes.require(field.lexicon.is_none(), &span, || {
            format!("欄「{key}」に pattern と lexicon の両方があります。どちらか一つにしてください。")
        });
    }
    if let Some(lexicon) = &field.lexicon {
        let span = at("lexicon");
        mistakes.require(!is_marked, &span, || {
            format!("欄「{key}」は選択肢の欄なので lexicon は書けません。")
        });
        mistakes.require(is_csv_beside(&lexicon.file), &span, || {
            csv_rule("lexicon の file")
        });
    }
}

fn is_csv_beside(file: &str) -> bool {
    file.ends_with(".csv") && !file.contains(['/', '\\']) && !file.starts_with('.')
}

fn csv_rule(what: &str) -> String {
    format!("{what} には、この定義の隣にある CSV ファイルの名前だけを書いてください。")
}

struct Checked<'a, 'm> {
    form: &'a FormDefinition,
    at: &'a dyn Fn(&str) -> Range<usize>,
    mistakes: &'a mut Mistakes<'m>,
}

impl Checked<'_, '_> {
    fn rule(&mut self, rule: &Rule) {
        match rule {
            Rule::Sum { is } => {
                let keys: Vec<&str> = rule.flagged();
                for key in &keys {
                    self.field(key, "is", &[T::Amount, T::Number]);
                }
                let terms: BTreeSet<&str> = keys.iter().copied().collect();
                self.mistakes
                    .require(terms.len() == keys.len(), &(self.at)("is"), || {
                        format!("「{} = …」の式に同じ欄が二度あります。", is.total)
                    });
            }
            Rule::Range { field, least, most } => {
                self.field(field, "field", &[T::Amount, T::Number, T::Account]);
                self.mistakes
                    .require(least.is_some() || most.is_some(), &(self.at)("field"), || {
                        "least(下限)か most(上限)を書いてください。".to_owned()
                    });
                let ordered = least.is_none_or(|least| most.is_none_or(|most| least <= most));
                self.mistakes.require(ordered, &(self.at)("least"), || {
                    "least は most 以下にしてください。".to_owned()
                });
            }
            Rule::Date { date } => self.date(date, "date"),
            Rule::DateOrder { earlier, later } => {
                self.date(earlier, "earlier");
                self.date(later, "later");
            }
            Rule::RequiredIf { field, when, is } => {
                self.field(field, "field", &[]);
                self.field(when, "when", &[]);
                self.mistakes.require(field != when, &(self.at)("when"), || {
                    "field と when には別の欄を書いてください。".to_owned()
                });
                self.choices(when, is);
            }
            Rule::Kana { field, name } => {
                self.field(field, "field", &[T::Kana]);
                self.field(name, "name", &[T::Name, T::FreeText]);
            }
            Rule::Postal {
                field,
                address,
                towns,
            } => {
                self.field(field, "field", &[T::PostalCode]);
                self.field(address, "address", &[T::Address]);
                self.mistakes
                    .require(is_csv_beside(towns), &(self.at)("towns"), || csv_rule("towns"));
            }
        }
    }

    /// The field of a key, of one of these types (none = any).
    fn field(&mut self, key: &str, place: &str, kinds: &[T]) {
        let span = (self.at)(place);
        let Some(field) = self.form.field(key) else {
            self.mistakes.add(
                &span,
                format!("「{key}」という key の欄はありません。[[field]] の key を書いてください。"),
            );
            return;
        };
        self.mistakes
            .require(kinds.is_empty() || kinds.contains(&field.kind), &span, || {
                format!("欄「{key}」の種類(type)では、この決まりを確かめられません。")
            });
    }

    fn choices(&mut self, when: &str, is: &[String]) {
        let Some(field) = self.form.field(when).filter(|field| !field.choices.is_empty()) else {
            return;
        };
        for value in is {
            let known = field.choices.iter().any(|choice| choice.value == *value);
            self.mistakes.require(known, &(self.at)("is"), || {
                format!("欄「{when}」に「{value}」という選択肢はありません。")
            });
        }
    }

    fn date(&mut self, parts: &DateParts, place: &str) {
        let span = (self.at)(place);
        let mut keys: Vec<&str> = parts.keys().collect();
        let printed = parts.0.len() - keys.len();
        let printed_first = printed == 0 || parts.0.first().is_some_and(|part| Era::named(part).is_some());
        let is_mark = |key: &&str| {
            let field = self.form.field(key);
            field.is_some_and(|field| matches!(field.kind, T::Circle | T::Check))
        };
        if printed == 0 && keys.first().is_some_and(is_mark) {
            keys.remove(0);
        }
        let shape = printed <= 1 && printed_first && matches!(keys.len(), 1 | 3);
        self.mistakes.require(shape, &span, || {
            "日付は [元号, 年月日の欄] か [元号, 年の欄, 月の欄, 日の欄] の順に書いてください。元号は「令和」などの文字か、元号を選ぶ欄の key です。なければ省けます。"
                .to_owned()
        });
        let kinds: &[T] = if keys.len() == 3 {
            &[T::Number]
        } else {
            &[T::WarekiDate]
        };
        for key in keys {
            self.field(key, place, kinds);
        }
    }
}
