//! `shoki transcribe`: recordings in, transcripts and minutes out, without a server, by the same work on the
//! same kind of threads as a job.
//!
//! Promise: a recording that cannot be heard is one Japanese sentence on standard error and a non-zero exit
//! status, and the others are heard and written all the same.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use shoki_core::code::ErrorCode;
use shoki_core::id::DocumentId;
use shoki_core::media::{MediaKind, SNIFF_BYTES};
use shoki_core::meeting::{MinutesOptions, Term};
use shoki_core::minutes_style::MinutesStyle;
use shoki_core::outcome::MinutesOutcome;
use shoki_decode::Decoder;
use shoki_engine::Runtime;
use shoki_speech::meeting::WindowPiece;
use shoki_store::model::UnitFailure;
use tokio_util::sync::CancellationToken;

use super::Refusal;
use crate::cli::Transcribe;
use crate::config::Config;
use crate::minutes::ears::{Ears, SpeechModels};
use crate::minutes::files::stem_of;
use crate::minutes::styles;
use crate::minutes::work::{AssembleWork, MinutesProduct, MinutesWork, PartFile, perform};
use crate::{memory, output, place, reading_engine};

/// Hears the recordings.
///
/// # Errors
/// [`Refusal`] when nothing could be started, or at the end when a recording could not be heard.
pub fn run(config: &Config, args: &Transcribe) -> Result<(), Refusal> {
    memory::fix_bounds();
    let options = options_of(args)?;
    let pipeline = styles::pipeline(&place::pipelines_dir(config)?.join("minutes"))?;
    let style = match &options.style {
        None => pipeline.styles.first(),
        Some(id) => pipeline.styles.iter().find(|style| style.id == *id),
    };
    let style = style.ok_or_else(|| {
        let known: Vec<&str> = pipeline.styles.iter().map(|style| style.id.as_str()).collect();
        Refusal::said(format!("その様式はありません。使える様式: {}", known.join("、")))
    })?;
    std::fs::create_dir_all(&args.out).map_err(|error| unwritable(&args.out, &error))?;
    let workers = match args.workers {
        Some(0) | None => config.workers.thread_count(),
        Some(workers) => workers as usize,
    };
    let mut room = Room::open(config, workers)?;
    let meetings: Vec<&[PathBuf]> = if args.one_meeting {
        vec![args.recordings.as_slice()]
    } else {
        args.recordings.chunks(1).collect()
    };
    let mut unheard = false;
    for files in meetings {
        match room.hear(files, &options, style, &args.out) {
            Ok((outcome, stem)) => output::line(summary(&files[0], &stem, &outcome)),
            Err(failure) => {
                unheard = true;
                let place = failure
                    .detail
                    .map(|detail| format!("({detail})"))
                    .unwrap_or_default();
                output::complain(format!(
                    "{}{place}: {}",
                    files[0].display(),
                    failure.code.sentence_ja()
                ));
            }
        }
    }
    if unheard {
        return Err(Refusal::said(
            "聞き取れない録音がありました。上の行を確かめてください。ほかは書き起こしました。",
        ));
    }
    Ok(())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Refusal {
    Refusal::said(format!(
        "{} を書けません({error})。場所・権限・空き容量を確かめてください。",
        path.display()
    ))
}

/// What the command line says about the meeting.
fn options_of(args: &Transcribe) -> Result<MinutesOptions, Refusal> {
    let read = |path: &Path| {
        std::fs::read_to_string(path)
            .map_err(|error| Refusal::said(format!("{} を読めません({error})。", path.display())))
    };
    let lines = |text: &str| -> Vec<String> {
        text.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(str::to_owned)
            .collect()
    };
    let terms = match &args.terms {
        None => Vec::new(),
        Some(path) => lines(&read(path)?).iter().map(|line| term_of(line)).collect(),
    };
    let attendees = match &args.attendees {
        None => Vec::new(),
        Some(path) => lines(&read(path)?),
    };
    let options = MinutesOptions {
        title: args.title.clone(),
        held_on: args.held_on,
        place: args.place.clone(),
        attendees,
        speakers: args.speakers.unwrap_or_default(),
        terms,
        style: args.style.clone(),
        continued_by: Vec::new(),
    };
    match options.check() {
        None => Ok(options),
        Some(sentence) => Err(Refusal::said(sentence)),
    }
}

/// A line of a 単語帳: the term, and its reading behind a tab or a comma.
fn term_of(line: &str) -> Term {
    let (written, reading) = line
        .split_once(['\t', ',', '、'])
        .map_or((line, None), |(written, reading)| (written, Some(reading)));
    Term {
        written: written.trim().to_owned(),
        reading: reading
            .map(|reading| reading.trim().to_owned())
            .filter(|reading| !reading.is_empty()),
    }
}

/// Threads' ears and the border.
struct Room {
    ears: Vec<Ears>,
    decoder: Decoder,
    scratch: PathBuf,
}

impl Room {
    fn open(config: &Config, workers: usize) -> Result<Self, Refusal> {
        let (catalogue, store) = reading_engine::models(config)?;
        let not_ready = |error: String| Refusal::said(format!("聞き取りの準備ができません: {error}"));
        let runtime = catalogue
            .get(reading_engine::ONNX_RUNTIME)
            .and_then(|manifest| store.verify(manifest))
            .and_then(|library| Runtime::start(&library))
            .map_err(|error| not_ready(error.to_string()))?;
        let side_by_side = u32::try_from(workers).unwrap_or(u32::MAX);
        let models = SpeechModels::load(&runtime, &catalogue, &store, &config.speech, side_by_side)
            .map_err(|error| not_ready(error.to_string()))?;
        let ears = (0..workers)
            .map(|_| models.ears())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| not_ready(format!("{error:#}")))?;
        let decoder = reading_engine::decoder(config).map_err(|error| not_ready(error.to_string()))?;
        let scratch = place::scratch_dir(config);
        place::make_private_dir(&scratch)?;
        Ok(Self {
            ears,
            decoder,
            scratch,
        })
    }

    /// Hears one meeting and writes its files; returns their stem.
    fn hear(
        &mut self,
        files: &[PathBuf],
        options: &MinutesOptions,
        style: &MinutesStyle,
        out: &Path,
    ) -> Result<(MinutesOutcome, String), UnitFailure> {
        let name = files[0].file_name().map_or_else(
            || "recording".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        );
        let parts = files.iter().map(|path| part_of(path)).collect::<Result<_, _>>()?;
        let directory = || tempfile::tempdir_in(&self.scratch).map_err(|error| io(&error));
        let (plan_directory, result_directory) = (directory()?, directory()?);
        let planned = perform(
            MinutesWork::Plan {
                parts,
                directory: plan_directory,
                unwanted: CancellationToken::new(),
            },
            &self.decoder,
            self.ears.first_mut(),
        )?;
        let MinutesProduct::Planned(windows, path, _plan) = planned else {
            return Err(failure(ErrorCode::Internal));
        };
        let pieces = self.windows(&path, windows, options);
        let assembled = perform(
            MinutesWork::Assemble(Box::new(AssembleWork {
                plan: File::open(&path).map_err(|error| io(&error))?,
                pieces,
                options: options.clone(),
                style: style.clone(),
                name: name.clone(),
                directory: result_directory,
                unwanted: CancellationToken::new(),
            })),
            &self.decoder,
            self.ears.first_mut(),
        )?;
        let MinutesProduct::Assembled(outcome, written, _results) = assembled else {
            return Err(failure(ErrorCode::Internal));
        };
        let stem = free_stem(out, stem_of(&name));
        for file in written {
            let own = match file.name.strip_prefix(stem_of(&name)) {
                Some(rest) if rest.starts_with('.') => format!("{stem}{rest}"),
                _ => format!("{stem}.{}", file.name),
            };
            let part = out.join(format!("{own}.part"));
            std::fs::copy(&file.path, &part)
                .and_then(|_| std::fs::rename(&part, out.join(own)))
                .map_err(|error| io(&error))?;
        }
        Ok((outcome, stem))
    }

    /// All windows, as many at once as there are ears.
    fn windows(
        &mut self,
        plan: &Path,
        windows: u32,
        options: &MinutesOptions,
    ) -> Vec<Result<WindowPiece, ErrorCode>> {
        let next = AtomicU32::new(0);
        let heard = Mutex::new((0..windows).map(|_| Err(ErrorCode::Internal)).collect::<Vec<_>>());
        let decoder = &self.decoder;
        std::thread::scope(|scope| {
            for ears in &mut self.ears {
                let (next, heard) = (&next, &heard);
                scope.spawn(move || {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        if index >= windows {
                            return;
                        }
                        let mut piece = window(plan, index, options, decoder, ears);
                        if piece
                            .as_ref()
                            .is_err_and(|failure| failure.code.entry().retryable)
                        {
                            piece = window(plan, index, options, decoder, ears);
                        }
                        heard.lock().unwrap_or_else(PoisonError::into_inner)[index as usize] =
                            piece.map_err(|failure| failure.code);
                    }
                });
            }
        });
        heard.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

fn window(
    plan: &Path,
    index: u32,
    options: &MinutesOptions,
    decoder: &Decoder,
    ears: &mut Ears,
) -> Result<WindowPiece, UnitFailure> {
    let work = MinutesWork::Window {
        plan: File::open(plan).map_err(|error| io(&error))?,
        index,
        options: options.clone(),
    };
    match perform(work, decoder, Some(ears))? {
        MinutesProduct::Heard(json) => {
            serde_json::from_slice(&json).map_err(|_| failure(ErrorCode::Internal))
        }
        _ => Err(failure(ErrorCode::Internal)),
    }
}

fn failure(code: ErrorCode) -> UnitFailure {
    UnitFailure { code, detail: None }
}

fn io(error: &std::io::Error) -> UnitFailure {
    tracing::error!(error = error as &dyn std::error::Error, "a file cannot be used");
    failure(match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => ErrorCode::StorageFull,
        _ => ErrorCode::Internal,
    })
}

fn part_of(path: &Path) -> Result<PartFile, UnitFailure> {
    let mut head = Vec::new();
    let opened = File::open(path).and_then(|file| {
        (&file).take(SNIFF_BYTES as u64).read_to_end(&mut head)?;
        Ok(file)
    });
    let file = opened.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => failure(ErrorCode::NotFound),
        _ => failure(ErrorCode::CorruptRecording),
    })?;
    if head.is_empty() {
        return Err(failure(ErrorCode::EmptyDocument));
    }
    let media = MediaKind::sniff(&head).filter(|&media| MediaKind::is_recording(media));
    Ok(PartFile {
        document: DocumentId::generate(),
        name: path.display().to_string(),
        file,
        media: media.ok_or_else(|| failure(ErrorCode::NotRecording))?,
    })
}

/// The stem, with a number when its files are there already: nothing is written over.
fn free_stem(out: &Path, stem: &str) -> String {
    let numbered = (2_u32..).map(|number| format!("{stem}-{number}"));
    let mut stems = std::iter::once(stem.to_owned()).chain(numbered);
    stems
        .find(|stem| !out.join(format!("{stem}.json")).exists())
        .expect("the numbers do not end")
}

fn summary(recording: &Path, stem: &str, outcome: &MinutesOutcome) -> String {
    let words = |millis| shoki_core::audio::Millis(millis).words_ja();
    format!(
        "{} → {stem}.json ほか: 録音 {}(発話 {})、話者 {} 人、発言 {}、要確認 {}、{} 文字{}",
        recording.display(),
        words(outcome.duration_ms),
        words(outcome.speech_ms),
        outcome.speakers,
        outcome.segments,
        outcome.segments_to_check,
        outcome.characters,
        match outcome.windows_failed {
            0 => String::new(),
            failed => format!("、聞き取れなかった区間 {failed}"),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_word_list_is_a_term_with_or_without_its_reading() {
        let term = |written: &str, reading: Option<&str>| Term {
            written: written.to_owned(),
            reading: reading.map(str::to_owned),
        };
        assert_eq!(term_of("浅川"), term("浅川", None));
        assert_eq!(term_of("浅川\tあさかわ"), term("浅川", Some("あさかわ")));
        assert_eq!(term_of("浅川, アサカワ "), term("浅川", Some("アサカワ")));
        assert_eq!(term_of("浅川,"), term("浅川", None));
    }

    #[test]
    fn nothing_is_written_over() {
        let out = tempfile::tempdir().unwrap();
        assert_eq!(free_stem(out.path(), "会議"), "会議");
        std::fs::write(out.path().join("会議.json"), "{}").unwrap();
        assert_eq!(free_stem(out.path(), "会議"), "会議-2");
    }
}
