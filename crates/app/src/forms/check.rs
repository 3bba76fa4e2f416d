//! Checks a form definition as a file: what `core::form_check` says about its text, and what only the
//! directory can show — its name, the blank page and the masters beside it.
//!
//! Promise: a definition without mistakes can be loaded by the service (its blank page is opened in the
//! decode child at load). Never: a look at the picture's contents.

use std::path::Path;

use shoki_core::form::FormDefinition;
use shoki_core::form_check::Mistake;
use shoki_core::master::Masters;

use super::masters;

/// Reads and checks the definition at `path`.
///
/// # Errors
/// Every mistake, in the order of lines.
pub fn check_file(path: &Path) -> Result<(FormDefinition, Masters), Vec<Mistake>> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let sentence_ja =
            format!("ファイルを読めません({error})。場所と権限、文字コード(UTF-8)を確かめてください。");
        vec![Mistake {
            line: 1,
            column: 1,
            sentence_ja,
        }]
    })?;
    let form = FormDefinition::parse(&text)?;
    let mut mistakes = Vec::new();
    if path.file_stem().and_then(|stem| stem.to_str()) != Some(form.id.as_str()) {
        let sentence_ja = format!("ファイル名を id と同じ「{}.toml」にしてください。", form.id);
        mistakes.push(Mistake {
            line: line_of(&text, "id"),
            column: 1,
            sentence_ja,
        });
    }
    if !path.with_file_name(&form.blank.file).is_file() {
        let sentence_ja = format!(
            "記入前の用紙「{}」がこのファイルの隣にありません。置くか、file を直してください。",
            form.blank.file
        );
        mistakes.push(Mistake {
            line: line_of(&text, "file"),
            column: 1,
            sentence_ja,
        });
    }
    let masters = masters::of(&form, path).map_err(|found| {
        let at_line = |(needle, sentence_ja): (String, String)| Mistake {
            line: line_with(&text, &needle),
            column: 1,
            sentence_ja,
        };
        mistakes.extend(found.into_iter().map(at_line));
    });
    if let (Ok(masters), true) = (masters, mistakes.is_empty()) {
        Ok((form, masters))
    } else {
        Err(mistakes)
    }
}

/// The first line that sets `key`: for `id` and `file` there is only one.
fn line_of(text: &str, key: &str) -> usize {
    let sets = |line: &str| {
        line.trim_start()
            .strip_prefix(key)
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    text.lines().position(sets).map_or(1, |index| index + 1)
}

/// The first line that holds `needle`.
fn line_with(text: &str, needle: &str) -> usize {
    text.lines()
        .position(|line| line.contains(needle))
        .map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: &str = r#"id = "sample"
name = "見本"
version = 1
[blank]
file = "sample.png"
width_mm = 210
height_mm = 297
[[field]]
key = "name"
label = "氏名"
type = "name"
box = [10, 10, 80, 10]
"#;

    fn lines_of(name: &str, with_blank: bool) -> Vec<usize> {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join(name);
        std::fs::write(&path, RIGHT).expect("written");
        if with_blank {
            std::fs::write(directory.path().join("sample.png"), b"picture").expect("written");
        }
        check_file(&path).map_or_else(|m| m.iter().map(|m| m.line).collect(), |_| Vec::new())
    }

    #[test]
    fn the_name_of_the_file_and_the_blank_page_beside_it_are_checked() {
        assert_eq!(lines_of("sample.toml", true), Vec::<usize>::new());
        assert_eq!(lines_of("other.toml", true), [1]);
        assert_eq!(lines_of("sample.toml", false), [5]);
    }

    #[test]
    fn masters_beside_it_are_checked() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("sample.toml");
        let lexicon = "lexicon = { file = \"names.csv\", column = \"氏名\" }\n";
        std::fs::write(&path, format!("{RIGHT}{lexicon}")).expect("written");
        std::fs::write(directory.path().join("sample.png"), b"picture").expect("written");
        let said = || {
            check_file(&path)
                .map(|(_, masters)| masters.len())
                .map_err(|m| m[0].to_string())
        };
        let missing = said().expect_err("no master");
        assert!(
            missing.starts_with("13行目: マスタ「names.csv」を読めません"),
            "{missing}"
        );
        let master = directory.path().join("names.csv");
        for (text, words) in [
            ("名\n山田\n", "「氏名」という列がありません"),
            ("氏名\n山,田\n", "names.csv の 2行目"),
        ] {
            std::fs::write(&master, text).expect("written");
            let mistake = said().expect_err(words);
            assert!(
                mistake.starts_with("13行目") && mistake.contains(words),
                "{mistake}"
            );
        }
        std::fs::write(&master, "氏名\n山田\n").expect("written");
        assert_eq!(said(), Ok(1));
    }

    #[test]
    fn a_file_that_is_not_there_is_said() {
        let mistakes = check_file(Path::new("/nonexistent/x.toml")).expect_err("not there");
        assert!(mistakes[0].sentence_ja.starts_with("ファイルを読めません"));
    }
}
