//! The masters that a form definition names, read from beside it.
//!
//! Promise: a master that comes back has every column that the definition asks of it. Never: a look at what
//! the values mean.

use std::path::Path;
use std::sync::Arc;

use shoki_core::form::FormDefinition;
use shoki_core::master::{Master, Masters};
use shoki_core::rule::Rule;
use shoki_core::rule::town;

/// Reads the masters of the definition at `path`.
///
/// # Errors
/// Every mistake: words of the definition that name the master, and a sentence.
pub fn of(form: &FormDefinition, path: &Path) -> Result<Masters, Vec<(String, String)>> {
    let (mut masters, mut mistakes) = (Masters::new(), Vec::new());
    for file in form.master_files() {
        let needle = format!("\"{file}\"");
        match read(path, file) {
            Ok(master) => {
                for column in columns(form, file) {
                    if master.column(column).is_none() {
                        let sentence = format!(
                            "マスタ「{file}」に「{column}」という列がありません。列は {} です。",
                            master.header.join("、")
                        );
                        mistakes.push((needle.clone(), sentence));
                    }
                }
                masters.insert(file.to_owned(), Arc::new(master));
            }
            Err(sentences) => {
                mistakes.extend(sentences.into_iter().map(|sentence| (needle.clone(), sentence)));
            }
        }
    }
    if mistakes.is_empty() {
        Ok(masters)
    } else {
        Err(mistakes)
    }
}

/// Columns that the definition asks of a master.
fn columns<'a>(form: &'a FormDefinition, file: &str) -> Vec<&'a str> {
    let of_fields = form.fields.iter().filter_map(|field| field.lexicon.as_ref());
    let mut columns: Vec<&str> = of_fields
        .filter(|lexicon| lexicon.file == file)
        .map(|lexicon| lexicon.column.as_str())
        .collect();
    let asks = |rule: &Rule| matches!(rule, Rule::Postal { towns, .. } if towns == file);
    if form.rules.iter().any(asks) {
        columns.extend(town::COLUMNS);
    }
    columns.sort_unstable();
    columns.dedup();
    columns
}

fn read(path: &Path, file: &str) -> Result<Master, Vec<String>> {
    let text = std::fs::read_to_string(path.with_file_name(file)).map_err(|error| {
        vec![format!(
            "マスタ「{file}」を読めません({error})。この定義の隣に UTF-8 の CSV で置いてください。"
        )]
    })?;
    Master::parse(&text).map_err(|mistakes| {
        mistakes
            .iter()
            .map(|mistake| format!("マスタ {file} の {mistake}"))
            .collect()
    })
}
