//! The definitions and stacks that are reviewed: forms of the made office with many fields, every field checked.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::ReviewArguments;
use crate::samples::output::pdf;
use crate::sorting::stack::Workshop;
use crate::typefaces::FontSet;

/// Forms by id: a table each.
const FORMS: [&str; 5] = ["f18", "f28", "f11", "f09", "f26"];

/// A stack as a PDF.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stack {
    /// The file.
    pub pdf: PathBuf,
    /// Its pages.
    pub pages: usize,
}

/// Writes the definitions and makes the stacks, once for the same arguments.
///
/// # Errors
/// Fonts that are not installed; an unwritable directory.
pub fn stacks(work: &Path, arguments: &ReviewArguments) -> anyhow::Result<Vec<Stack>> {
    let workshop = Workshop::open(FontSet::Measuring, arguments.seed)?;
    let forms: Vec<_> = FORMS
        .iter()
        .map(|id| {
            let all = workshop.office.defined.iter();
            all.clone()
                .find(|printing| printing.definition.id == *id)
                .context("a form of the office")
        })
        .collect::<anyhow::Result<_>>()?;
    write_definitions(work, &forms)?;
    let made = work.join(format!(
        "stacks-{}-{}-{}.json",
        arguments.seed, arguments.fields, arguments.jobs
    ));
    if let Ok(bytes) = std::fs::read(&made) {
        return Ok(serde_json::from_slice(&bytes)?);
    }
    let (mut stacks, mut number) = (Vec::new(), 0);
    for job in 0..arguments.jobs {
        let (mut jpegs, mut fields) = (Vec::new(), 0);
        while fields < arguments.fields.div_ceil(arguments.jobs) {
            let printing = forms[number % forms.len()];
            jpegs.push(workshop.sheet(printing, u32::try_from(number)?)?);
            fields += printing.definition.fields.len();
            number += 1;
        }
        let file = work.join(format!("stack-{}-{job}.pdf", arguments.seed));
        std::fs::write(&file, pdf(&jpegs))?;
        stacks.push(Stack {
            pdf: file,
            pages: jpegs.len(),
        });
    }
    std::fs::write(&made, serde_json::to_vec(&stacks)?)?;
    Ok(stacks)
}

fn write_definitions(work: &Path, forms: &[&crate::sorting::office::Printing]) -> anyhow::Result<()> {
    let directory = work.join("pipelines/forms");
    std::fs::create_dir_all(&directory)?;
    for printing in forms {
        let form = &printing.definition;
        let text = crate::blanks::toml(form).replacen("\n\n[blank]", "\ncheck = \"all\"\n\n[blank]", 1);
        std::fs::write(directory.join(format!("{}.toml", form.id)), text)?;
        std::fs::write(
            directory.join(&form.blank.file),
            crate::blanks::png(&printing.blank)?,
        )?;
    }
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines");
    for part in ["minutes", "corpora"] {
        let link = work.join("pipelines").join(part);
        if !link.exists() {
            std::os::unix::fs::symlink(repository.join(part).canonicalize()?, link)?;
        }
    }
    Ok(())
}
