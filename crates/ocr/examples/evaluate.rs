//! Reads a folder of made pages and prints how right, how sure and how fast the readers are.
//!
//! `evaluate STORE SAMPLES [one|four] [--out DIR] [--pages A-B]`: STORE is an installed model store, SAMPLES holds
//! `page-NNN.png` and `truth.json` of the sample maker. With `--out`, the reading as JSON, and the crop of
//! every wrong field. `FORMS` names another directory of definitions. For error analysis by hand; the figures of the README come from the bench.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use shoki_core::form::{FieldType, FormDefinition};
use shoki_core::manifest::ModelTask;
use shoki_core::master::{Master, Masters};
use shoki_core::normal_form::normal_form;
use shoki_core::reading::{DocumentReading, FieldState, PageKind};
use shoki_engine::{Catalogue, LineDetector, LineRecogniser, ModelStore, Runtime};
use shoki_ocr::{FormSet, PageReader, Readings};

type Failure = Box<dyn std::error::Error>;

#[derive(Default)]
struct Tally {
    fields: u32,
    exact: u32,
    characters: usize,
    edits: usize,
    sure: u32,
    sure_exact: u32,
    empty: u32,
    empty_wrong: u32,
}

struct Settings {
    store: PathBuf,
    samples: PathBuf,
    readings: Readings,
    out: Option<PathBuf>,
    pages: (u32, u32),
}

fn main() -> Result<(), Failure> {
    let settings = settings()?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut reader = reader(&settings, &root)?;
    let truth: Value = serde_json::from_slice(&std::fs::read(settings.samples.join("truth.json"))?)?;
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let mut out = std::io::stdout().lock();
    let (mut pages, mut seconds, mut right) = (Vec::new(), 0.0, 0);
    for page in truth["pages"].as_array().into_iter().flatten() {
        let number = u32::try_from(page["page"].as_u64().unwrap_or(0))?;
        if !(settings.pages.0..=settings.pages.1).contains(&number) {
            continue;
        }
        let image = image::open(settings.samples.join(format!("page-{number:03}.png")))?.to_luma8();
        let start = cpu_seconds();
        let piece = reader.read(number, &image)?;
        let spent = cpu_seconds() - start;
        seconds += spent;
        let reading = &piece.reading;
        let kind = match reading.kind {
            PageKind::Form => "form",
            PageKind::UnknownForm => "unknown_form",
            PageKind::Blank => "blank",
            PageKind::Failed { .. } => "failed",
        };
        let found = page["kind"] == kind && page["form"].as_str() == reading.form.as_deref();
        right += u32::from(found);
        if !found {
            writeln!(
                out,
                "PAGE {number}: {} {} read as {kind} {:?}",
                page["kind"], page["form"], reading.form
            )?;
        }
        writeln!(
            out,
            "page {number}: {spent:.2} CPU s, level {}, hand {}, error {:?}",
            page["level"], page["hand"], reading.registration_error
        )?;
        for (key, field) in page["fields"].as_object().into_iter().flatten() {
            let kind: FieldType = serde_json::from_value(field["type"].clone())?;
            let expected = field["text"].as_str().unwrap_or_default();
            let read = reading.fields.get(key);
            let text = read.map_or_else(String::new, |read| normal_form(kind, &read.text));
            let sure = read.is_some_and(|read| read.state == FieldState::Sure);
            for name in [
                format!("{kind:?}"),
                "~all".to_owned(),
                format!("~hand {}", page["hand"]),
                format!("~level {}", page["level"]),
            ] {
                tallies.entry(name).or_default().add(kind, expected, &text, sure);
            }
            if text != expected {
                let mark = if sure { "SURE" } else { "check" };
                let readings: Vec<String> = read.map_or_else(Vec::new, |read| {
                    read.candidates
                        .iter()
                        .map(|c| format!("{}:{:.2}", c.text, c.score))
                        .collect()
                });
                let reasons = read.map(|read| read.reasons.clone());
                writeln!(
                    out,
                    "MISS {mark} {number} {key} {kind:?} {} {expected} -> {text} | {} {reasons:?}",
                    page["hand"],
                    readings.join(" ")
                )?;
                if let (Some(directory), Some(png)) = (&settings.out, piece.crops.get(key)) {
                    std::fs::write(
                        directory.join(format!("{mark}-{kind:?}-{number:03}-{key}.png")),
                        png,
                    )?;
                }
            }
        }
        pages.push(piece.reading);
    }
    writeln!(
        out,
        "type: fields, characters, exact, accepted, exact of accepted, empty (wrong)"
    )?;
    for (name, tally) in &tallies {
        tally.print(&mut out, name)?;
    }
    let count = pages.len();
    writeln!(
        out,
        "pages right {right}/{count}, CPU s/page {:.3}",
        seconds / count as f64
    )?;
    if let Some(directory) = &settings.out {
        std::fs::write(
            directory.join("reading.json"),
            shoki_ocr::output::json(&DocumentReading { pages }),
        )?;
    }
    Ok(())
}

impl Tally {
    fn add(&mut self, kind: FieldType, expected: &str, text: &str, sure: bool) {
        if expected.is_empty() {
            self.empty += 1;
            self.empty_wrong += u32::from(!text.is_empty());
            return;
        }
        let exact = expected == text;
        self.fields += 1;
        self.exact += u32::from(exact);
        self.sure += u32::from(sure);
        self.sure_exact += u32::from(sure && exact);
        if !matches!(kind, FieldType::Check | FieldType::Circle) {
            self.characters += expected.chars().count();
            self.edits += strsim::levenshtein(expected, text);
        }
    }

    fn print(&self, out: &mut impl std::io::Write, name: &str) -> std::io::Result<()> {
        let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole.max(1));
        let characters = 1.0 - self.edits as f64 / self.characters.max(1) as f64;
        writeln!(
            out,
            "{name:18} {:4}  {characters:.4}  {:.3}  {:.3}  {:.4} ({} wrong)  {} ({})",
            self.fields,
            share(self.exact, self.fields),
            share(self.sure, self.fields),
            share(self.sure_exact, self.sure),
            self.sure - self.sure_exact,
            self.empty,
            self.empty_wrong,
        )
    }
}

fn settings() -> Result<Settings, Failure> {
    let mut arguments = std::env::args().skip(1);
    let usage = "evaluate STORE SAMPLES [one|four] [--out DIR] [--pages A-B]";
    let mut settings = Settings {
        store: arguments.next().ok_or(usage)?.into(),
        samples: arguments.next().ok_or(usage)?.into(),
        readings: Readings::Four,
        out: None,
        pages: (1, u32::MAX),
    };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "one" => settings.readings = Readings::One,
            "four" => settings.readings = Readings::Four,
            "--out" => {
                let directory = PathBuf::from(arguments.next().ok_or(usage)?);
                std::fs::create_dir_all(&directory)?;
                settings.out = Some(directory);
            }
            "--pages" => {
                let range = arguments.next().ok_or(usage)?;
                let (first, last) = range.split_once('-').ok_or(usage)?;
                settings.pages = (first.parse()?, last.parse()?);
            }
            _ => return Err(usage.into()),
        }
    }
    Ok(settings)
}

fn reader(settings: &Settings, root: &Path) -> Result<PageReader, Failure> {
    let catalogue = Catalogue::load(&root.join("models"))?;
    let store = ModelStore::open(&settings.store);
    let runtime = Runtime::start(&store.verify(catalogue.get("onnxruntime")?)?)?;
    let recogniser = LineRecogniser::load(&runtime, &catalogue, &store)?;
    let detector = LineDetector::new(
        &runtime,
        &store.verify(catalogue.by_task(ModelTask::LineDetection)?)?,
    )?;
    let (mut forms, mut masters) = (Vec::new(), Masters::new());
    let directory = std::env::var_os("FORMS").map_or_else(|| root.join("pipelines/forms"), PathBuf::from);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&directory)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    files.sort();
    for file in files
        .iter()
        .filter(|file| file.extension().is_some_and(|end| end == "toml"))
    {
        let definition = FormDefinition::parse(&std::fs::read_to_string(file)?)
            .map_err(|mistakes| format!("{mistakes:?}"))?;
        let blank = image::open(directory.join(&definition.blank.file))?.to_luma8();
        for file in definition.master_files() {
            let text = std::fs::read_to_string(directory.join(file))?;
            let master = Master::parse(&text).map_err(|mistakes| format!("{mistakes:?}"))?;
            masters.insert(file.to_owned(), Arc::new(master));
        }
        forms.push((definition, blank));
    }
    let forms = Arc::new(FormSet::prepare(forms, &masters)?);
    Ok(PageReader::new(
        forms,
        Box::new(recogniser),
        Some(detector),
        settings.readings,
    ))
}

/// CPU time of this process so far, all threads.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let own: f64 = stat
        .split(' ')
        .next()
        .and_then(|nanos| nanos.parse().ok())
        .unwrap_or(0.0);
    own / 1e9
}
