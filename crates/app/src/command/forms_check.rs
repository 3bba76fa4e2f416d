//! `shoki forms check FILE…`: every mistake with its line.

use std::path::PathBuf;

use super::Refusal;
use crate::forms::{check, load};
use crate::output;

/// Checks the definitions.
///
/// # Errors
/// [`Refusal`] when one has mistakes, after all were checked.
pub fn run(files: &[PathBuf]) -> Result<(), Refusal> {
    let mut wrong = 0;
    for file in files {
        match check::check_file(file) {
            Ok((form, _)) => output::line(format!(
                "{}: 誤りはありません(「{}」、欄 {} 個、決まり {} 個)。",
                file.display(),
                form.name,
                form.fields.len(),
                form.rules.len()
            )),
            Err(mistakes) => {
                wrong += 1;
                for line in load::lines(file, &mistakes) {
                    output::line(line);
                }
            }
        }
    }
    if wrong == 0 {
        return Ok(());
    }
    Err(Refusal::said(format!(
        "{wrong} 個の帳票定義に誤りがあります。上の行を直してください。"
    )))
}
