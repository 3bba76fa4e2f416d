//! The office's 様式 of minutes, from `pipelines/minutes/*.toml`.
//!
//! Promise: what is loaded has exactly one default, first in the list. Never: a style that was not checked.

use std::path::Path;

use shoki_core::digest::Sha256;
use shoki_core::minutes_style::MinutesStyle;
use shoki_core::pipeline::MinutesPipeline;

use crate::command::Refusal;

/// Changes when recordings are heard or put together in another way.
const PROCEDURE: &[u8] = b"minutes-1";

/// The minutes pipeline of this installation.
///
/// # Errors
/// [`Refusal`] naming each file and line that is wrong.
pub fn pipeline(directory: &Path) -> Result<MinutesPipeline, Refusal> {
    let listed = std::fs::read_dir(directory).map_err(|error| {
        Refusal::said(format!(
            "会議録の様式 {} を読めません({error})。",
            directory.display()
        ))
    })?;
    let mut paths: Vec<_> = listed
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    paths.sort();
    let (mut styles, mut mistakes, mut seen) = (Vec::new(), Vec::new(), PROCEDURE.to_vec());
    for path in paths {
        let text = std::fs::read_to_string(&path)
            .map_err(|error| Refusal::said(format!("{} を読めません({error})。", path.display())))?;
        seen.extend_from_slice(text.as_bytes());
        match MinutesStyle::parse(&text) {
            Ok(style) if path.file_stem().is_none_or(|stem| stem != style.id.as_str()) => {
                mistakes.push(format!(
                    "{}: id「{}」とファイルの名前が違います。",
                    path.display(),
                    style.id
                ));
            }
            Ok(style) => styles.push(style),
            Err(found) => {
                mistakes.extend(
                    found
                        .iter()
                        .map(|mistake| format!("{}: {mistake}", path.display())),
                );
            }
        }
    }
    styles.sort_by_key(|style| !style.default);
    if mistakes.is_empty() && styles.iter().filter(|style| style.default).count() != 1 {
        mistakes.push(format!(
            "{}: default = true の様式を、ちょうど1つにしてください。",
            directory.display()
        ));
    }
    if !mistakes.is_empty() {
        return Err(Refusal::of(mistakes));
    }
    Ok(MinutesPipeline {
        styles,
        digest: Sha256::of(&seen),
    })
}
