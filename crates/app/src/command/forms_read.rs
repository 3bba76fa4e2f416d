//! `shoki forms read`: scans in, JSON and CSV out, without a server, through the same engine threads and
//! the same result files as the API.
//!
//! Promise: an unreadable input or page, or an output that is stopped, is one Japanese sentence on standard
//! error and a non-zero exit status, and everything else is still read and written.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use futures::StreamExt as _;
use shoki_core::code::ErrorCode;
use shoki_core::form::FormDefinition;
use shoki_core::outcome::FormOutcome;
use shoki_core::reading::{DocumentReading, PageKind};

use super::Refusal;
use crate::cli::FormsRead;
use crate::config::Config;
use crate::durable::write_whole;
use crate::forms::load;
use crate::forms::outputs::{self, Pictures};
use crate::forms::pool::{PlannedScan, Pool};
use crate::forms::result_writer::{CsvFiles, JsonFile, WriteError};
use crate::output;
use crate::reading_engine::Preparation;

/// Findings of one file that are spelt out.
const SAID: usize = 10;

/// Reads the scans.
///
/// # Errors
/// [`Refusal`] when nothing could be started, or at the end when an input or a page was not readable.
pub async fn run(config: &Config, args: FormsRead) -> Result<(), Refusal> {
    let readings = args.readings.unwrap_or(config.workers.readings);
    let mut workers = config.workers.clone();
    workers.threads = args.workers.unwrap_or(workers.threads);
    let pipeline = load::definitions(&args.forms, readings)?;
    known(&pipeline.forms, &args.outputs)?;
    let preparation = Preparation::new(config, args.forms.clone(), pipeline, readings)?;
    let threads = preparation.threads();
    let engines = tokio::task::spawn_blocking(move || preparation.engines_or_refusal())
        .await
        .map_err(|_| Refusal::said(ErrorCode::Internal.sentence_ja()))??;
    std::fs::create_dir_all(&args.out).map_err(|error| {
        Refusal::said(format!(
            "結果を書く {} を作れません({error})。",
            args.out.display()
        ))
    })?;
    let pool = Pool::start(Arc::new(engines), workers.thread_count(), config.retry.max_weight).await?;
    let done = read_all(&pool, &args).await;
    drop(pool);
    // A process that exits under a session being dropped crashes.
    threads.close();
    threads.wait().await;
    done
}

/// Every profile that is asked for must be one of some form.
///
/// # Errors
/// [`Refusal`] naming those that are not.
pub(super) fn known(forms: &[FormDefinition], profiles: &[String]) -> Result<(), Refusal> {
    for profile in profiles {
        if !forms.iter().any(|form| form.profile(profile).is_some()) {
            return Err(Refusal::said(format!(
                "「{profile}」という出力はどの帳票定義にもありません。[[output]] の id を確かめてください。"
            )));
        }
    }
    Ok(())
}

async fn read_all(pool: &Pool, args: &FormsRead) -> Result<(), Refusal> {
    let mut csv = CsvFiles::new(&args.out, Arc::clone(&pool.engines.definitions));
    let mut names = BTreeSet::new();
    let mut unreadable = false;
    for scan in &args.scans {
        let name = json_name(scan, &mut names);
        match read(pool, scan, args, &name, &mut csv).await? {
            Ok((outcome, stopped)) => {
                unreadable |= outcome.pages_failed > 0 || stopped;
                output::line(summary(scan, &name, &outcome));
            }
            Err(code) => {
                unreadable = true;
                output::complain(format!("{}: {}", scan.display(), code.sentence_ja()));
            }
        }
    }
    for file in csv.finish()? {
        output::line(file.path.display());
    }
    if unreadable {
        return Err(Refusal::said(
            "読み取れない入力か、止めた出力がありました。上の行を確かめてください。ほかは読み取りました。",
        ));
    }
    Ok(())
}

/// Reads one scan into its JSON file, the CSVs and the outputs that were asked for; says whether one of
/// these was stopped. The inner error is about this scan alone.
async fn read(
    pool: &Pool,
    scan: &Path,
    args: &FormsRead,
    name: &str,
    csv: &mut CsvFiles,
) -> Result<Result<(FormOutcome, bool), ErrorCode>, Refusal> {
    let planned = match pool.plan(scan).await {
        Ok(planned) => planned,
        Err(code) => return Ok(Err(code)),
    };
    let mut json = JsonFile::create(&args.out, name)?;
    let mut kept = DocumentReading { pages: Vec::new() };
    let mut readings = std::pin::pin!(pool.readings(planned, 0));
    while let Some(reading) = readings.next().await {
        if let PageKind::Failed { code } = reading.kind {
            let sentence = code.sentence_ja();
            output::complain(format!(
                "{}: {}ページ目: {sentence}",
                scan.display(),
                reading.page
            ));
        }
        json.push(&reading)?;
        csv.push(&reading)?;
        // Memory of one page, unless an output wants them all.
        if !args.outputs.is_empty() {
            kept.pages.push(reading);
        }
    }
    let (outcome, _) = json.finish()?;
    match write_outputs(pool, planned, args, name, &kept) {
        Ok(stopped) => Ok(Ok((outcome, stopped))),
        Err(OutputTrouble::Code(code)) => Ok(Err(code)),
        Err(OutputTrouble::Write(error)) => Err(Refusal::said(format!(
            "{} に出力を書けません({error})。",
            args.out.display()
        ))),
    }
}

enum OutputTrouble {
    Code(ErrorCode),
    Write(std::io::Error),
}

/// `<scan>.<form>.<profile>.<ending>` for each form that occurs and each profile it has; whether one was
/// stopped.
fn write_outputs(
    pool: &Pool,
    scan: PlannedScan<'_>,
    args: &FormsRead,
    json: &str,
    reading: &DocumentReading,
) -> Result<bool, OutputTrouble> {
    let mut stopped = false;
    let stem = json.strip_suffix(".json").unwrap_or(json);
    let document = scan.path.file_name().unwrap_or_default().to_string_lossy();
    for form in pool.engines.definitions.iter() {
        let occurs = reading
            .pages
            .iter()
            .any(|page| page.form.as_ref() == Some(&form.id));
        let profiles = args.outputs.iter().filter_map(|id| form.profile(id));
        for profile in profiles.filter(|_| occurs) {
            let file = File::open(scan.path).map_err(OutputTrouble::Write)?;
            let pictures = Pictures {
                decoder: pool.engines.decoder(),
                file: &file,
                media: scan.media,
            };
            let made = outputs::of_form(form, &profile, reading, &document, Some(pictures))
                .map_err(OutputTrouble::Code)?;
            let name = format!("{stem}.{}", profile.file_name(&form.id));
            for finding in made.findings.iter().take(SAID) {
                output::complain(format!("{name}: {}", finding.sentence_ja()));
            }
            let more = made.findings.len().saturating_sub(SAID);
            if more > 0 {
                output::complain(format!("{name}: ほかに {more} 件あります。"));
            }
            match made.bytes {
                Some(bytes) => {
                    write_whole(&args.out, &name, &bytes).map_err(OutputTrouble::Write)?;
                    output::line(args.out.join(&name).display());
                }
                None => {
                    stopped = true;
                    output::complain(format!("{name}: {}", ErrorCode::OutputStopped.sentence_ja()));
                }
            }
        }
    }
    Ok(stopped)
}

/// `<stem>.json`, with a number when two scans have the same stem.
fn json_name(scan: &Path, taken: &mut BTreeSet<String>) -> String {
    let stem = scan
        .file_stem()
        .map_or_else(|| "scan".to_owned(), |stem| stem.to_string_lossy().into_owned());
    let numbered = (2_u32..).map(|number| format!("{stem}-{number}.json"));
    let mut names = std::iter::once(format!("{stem}.json")).chain(numbered);
    let free = names
        .find(|name| !taken.contains(name))
        .expect("the numbers do not end");
    taken.insert(free.clone());
    free
}

fn summary(scan: &Path, json: &str, outcome: &FormOutcome) -> String {
    format!(
        "{} → {json}: {} ページ(帳票 {}、わからない {}、白紙 {}、読めないページ {})、欄: 確実 {}、要確認 {}、読めません {}",
        scan.display(),
        outcome.pages_total,
        outcome.pages_read,
        outcome.pages_unknown,
        outcome.pages_blank,
        outcome.pages_failed,
        outcome.fields_sure,
        outcome.fields_check,
        outcome.fields_unreadable,
    )
}

impl From<WriteError> for Refusal {
    fn from(error: WriteError) -> Self {
        Self::said(error.to_string())
    }
}

impl From<load::LoadError> for Refusal {
    fn from(error: load::LoadError) -> Self {
        Self::said(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scans_of_the_same_stem_do_not_overwrite_each_other() {
        let mut taken = BTreeSet::new();
        let names: Vec<_> = ["x/a.pdf", "y/a.tif", "b.png"]
            .map(|scan| json_name(Path::new(scan), &mut taken))
            .into();
        assert_eq!(names, ["a.json", "a-2.json", "b.json"]);
    }
}
