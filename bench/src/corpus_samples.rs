//! Makes the files of the sample corpus that are not written by hand: the plan as PDF with a text
//! layer, a notice as Word document.
//!
//! Promise: the same program, fonts and texts give the same bytes. The texts themselves are hand-written:
//! the plan's beside this module, the notice's in `pipelines/corpora/asahino`.

mod embedded_font;
mod plan;
mod word;

use std::path::Path;

use anyhow::Context as _;

/// The plan's text with its marks (see [`plan`]).
const PLAN: &str = include_str!("corpus_samples/chiiki_fukushi_keikaku.txt");
/// The notice that is given as a Word document too.
const NOTICE: &str = "yoryo-kodomo-iryo.txt";

/// Writes the made files into `directory`, which holds the hand-written ones.
///
/// # Errors
/// Missing fonts, a missing notice, an unwritable directory.
pub fn write(directory: &Path) -> anyhow::Result<()> {
    let notice = directory.join(NOTICE);
    let text = std::fs::read_to_string(&notice).with_context(|| notice.display().to_string())?;
    std::fs::write(notice.with_extension("docx"), word::document(&text)?)?;
    std::fs::write(directory.join("chiiki-fukushi-keikaku.pdf"), plan::pdf(PLAN)?)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_files_are_what_is_made() {
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines/corpora/asahino");
        let read = |name: &str| std::fs::read(committed.join(name)).expect("committed");
        let notice = String::from_utf8(read(NOTICE)).expect("the notice is UTF-8");
        assert!(
            word::document(&notice).expect("made") == read("yoryo-kodomo-iryo.docx"),
            "run `shoki-bench corpus-samples`"
        );
        assert!(
            plan::pdf(PLAN).expect("the printed fonts are installed") == read("chiiki-fukushi-keikaku.pdf"),
            "run `shoki-bench corpus-samples`"
        );
    }
}
