//! The report of `shoki-bench speech` as Markdown; the README quotes it and nothing else.

use std::fmt::Write as _;

use super::accuracy::{Accuracy, JudgedMeeting, Level};
use super::characters::Errors;
use super::live::Live;
use super::memory::LongRun;
use super::models::{Shape, TOKENS};
use super::peers::System;
use super::speed::{PAUSES, Speed, SpeedRun};
use super::turns::DiarizationErrors;
use super::{Findings, models};
use crate::report::machine;
use crate::screen::mebibytes;

/// The whole report.
pub fn markdown(findings: &Findings) -> String {
    let mut text = String::new();
    write_all(&mut text, findings).expect("a string grows");
    text
}

fn write_all(text: &mut String, findings: &Findings) -> std::fmt::Result {
    writeln!(
        text,
        "# Recordings to text: Shoki beside whisper.cpp and faster-whisper\n"
    )?;
    writeln!(
        text,
        "Written by `shoki-bench speech` (seed {}). Recordings are made by synthetic voices, with sentences that no \
         training sentence is among: the figures compare and show what breaks, they promise nothing about real \
         rooms. Every run is a fresh process with {} threads, loading included. {}.\n",
        findings.seed,
        findings.threads,
        machine()
    )?;
    if let Some(accuracy) = &findings.accuracy {
        write_accuracy(text, accuracy)?;
    }
    if let Some(speed) = &findings.speed {
        write_speed(text, speed)?;
    }
    if !findings.memory.is_empty() {
        write_memory(text, &findings.memory)?;
    }
    if let Some(live) = &findings.live {
        write_live(text, live)?;
    }
    Ok(())
}

fn write_accuracy(text: &mut String, accuracy: &Accuracy) -> std::fmt::Result {
    writeln!(text, "## Accuracy with the bundled model ({})\n", models::BUNDLED)?;
    writeln!(
        text,
        "Meetings of 2 to 4 voices, how many is not told. CER and cpCER over characters in NFKC without punctuation \
         and spaces; DER as NIST counts it, overlapped speech scored. Invented: characters of segments that lie \
         wholly where nobody speaks.\n"
    )?;
    writeln!(
        text,
        "| noise | meetings | minutes | CER | cpCER | DER, collar 0.25 s | DER, no collar | speakers right | \
         invented |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    )?;
    for level in Level::ALL {
        let name = format!("{}, {} dB", level.label(), level.snr());
        write_meetings(text, &name, &accuracy.of(Some(level)).collect::<Vec<_>>())?;
    }
    write_meetings(text, "**all**", &accuracy.of(None).collect::<Vec<_>>())?;
    let (count, errors) = accuracy.sentences;
    writeln!(
        text,
        "\nHeld-out sentences, {count}, each by another voice, clean: CER **{:.3}** ({} of {} characters).\n",
        errors.rate(),
        errors.errors,
        errors.of
    )?;
    let kinds: Vec<String> = accuracy
        .nothing
        .iter()
        .map(|nothing| format!("{} {}", nothing.kind, nothing.invented))
        .collect();
    writeln!(
        text,
        "Half a minute each in which nobody speaks, characters written: {}. Invented in all: **{}**.\n",
        kinds.join(", "),
        accuracy.invented()
    )
}

fn write_meetings(text: &mut String, name: &str, meetings: &[&JudgedMeeting]) -> std::fmt::Result {
    let (mut cer, mut cpcer) = (Errors::default(), Errors::default());
    let (mut der, mut no_collar) = (DiarizationErrors::default(), DiarizationErrors::default());
    for meeting in meetings {
        cer += meeting.cer;
        cpcer += meeting.cpcer;
        der += meeting.der;
        no_collar += meeting.der_no_collar;
    }
    let right = meetings
        .iter()
        .filter(|meeting| meeting.speakers == meeting.speakers_heard)
        .count();
    writeln!(
        text,
        "| {name} | {} | {:.0} | {:.3} | {:.3} | {:.3} | {:.3} | {right} of {} | {} |",
        meetings.len(),
        meetings.iter().map(|meeting| meeting.seconds).sum::<f64>() / 60.0,
        cer.rate(),
        cpcer.rate(),
        der.rate(),
        no_collar.rate(),
        meetings.len(),
        meetings.iter().map(|meeting| meeting.invented).sum::<usize>()
    )
}

fn write_speed(text: &mut String, speed: &Speed) -> std::fmt::Result {
    writeln!(text, "## Speed on meetings of pauses\n")?;
    writeln!(
        text,
        "Meetings of three voices whose gaps are stretched until {:.0} % is pauses (in these {:.0} % is speech). Every \
         system has the same weights: Shoki and whisper.cpp one q8_0 file, faster-whisper int8. Random weights are \
         made to write {TOKENS} tokens for every window that a system hears, so what each has written shows how many \
         that were. In the peers' favour: greedy search, one attempt, no text of the window before (but where a row says \
         that it is as the command line comes: a beam of 5, further attempts where it doubts), no word times and no \
         speakers, both of which Shoki finds in its time. The bundled model was trained on windows that are cut at \
         pauses, as Shoki gives them; whisper.cpp cuts every 30 s wherever that is.\n",
        PAUSES * 100.0,
        speed.spoken * 100.0
    )?;
    for (system, why) in &speed.not_run {
        writeln!(
            text,
            "**Not run: {}** — {}\n",
            system.label(),
            why.replace('\n', " ")
        )?;
    }
    writeln!(
        text,
        "| model | system | CPU s a minute | of it start, CPU s a run | real-time factor | peak memory | characters | \
         CER | CPU over Shoki's | time over Shoki's |\n|---|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    )?;
    let mut rows: Vec<(Shape, System)> = speed.runs.iter().map(|run| (run.shape, run.system)).collect();
    rows.sort_unstable();
    rows.dedup();
    for (shape, system) in rows {
        let own = |run: &&SpeedRun| run.shape == shape && run.system == system;
        write_system(text, speed, &speed.runs.iter().filter(own).collect::<Vec<_>>())?;
    }
    writeln!(text)?;
    write_distance(text, speed)
}

fn write_system(text: &mut String, speed: &Speed, runs: &[&SpeedRun]) -> std::fmt::Result {
    let (shape, system) = (runs[0].shape, runs[0].system);
    let seconds: f64 = runs.iter().map(|run| run.seconds).sum();
    let cpu: f64 = runs.iter().map(|run| run.cost.cpu_seconds).sum();
    let wall: f64 = runs.iter().map(|run| run.cost.wall_seconds).sum();
    let peak = runs.iter().map(|run| run.cost.peak_bytes).max().unwrap_or(0);
    let starts: Option<Vec<f64>> = runs.iter().map(|run| run.start).collect();
    let start = starts.map_or_else(
        || "–".to_owned(),
        |starts| format!("{:.1}", starts.iter().sum::<f64>() / starts.len() as f64),
    );
    let mut errors = Errors::default();
    for run in runs.iter().filter_map(|run| run.cer) {
        errors += run;
    }
    let cer = if errors.of == 0 {
        "–".to_owned()
    } else {
        format!("{:.3}", errors.rate())
    };
    let ratio = speed
        .ratios
        .iter()
        .find(|ratio| ratio.shape == shape && ratio.system == system);
    let [cpu_ratio, wall_ratio] = match ratio {
        Some(ratio) => [ratio.cpu, ratio.wall]
            .map(|ratio| format!("**{:.2} ×** ({:.2}–{:.2})", ratio.value, ratio.low, ratio.high)),
        None => ["1".to_owned(), "1".to_owned()],
    };
    writeln!(
        text,
        "| {} | {} | {:.1} | {start} | {:.3} | {} | {} | {cer} | {cpu_ratio} | {wall_ratio} |",
        shape.label(),
        system.label(),
        cpu / (seconds / 60.0),
        wall / seconds,
        mebibytes(peak),
        runs.iter().map(|run| run.characters).sum::<usize>()
    )
}

/// How far faster-whisper is, and what would bring Shoki nearer.
fn write_distance(text: &mut String, speed: &Speed) -> std::fmt::Result {
    let mut distances = Vec::new();
    for ratio in &speed.ratios {
        if matches!(ratio.system, System::FasterWhisper | System::FasterWhisperVad) {
            let (times, low, high) = (1.0 / ratio.cpu.value, 1.0 / ratio.cpu.high, 1.0 / ratio.cpu.low);
            distances.push(format!(
                "{} with {}: Shoki takes {times:.2} × its CPU ({low:.2}–{high:.2})",
                ratio.system.label(),
                ratio.shape.label()
            ));
        }
    }
    if distances.is_empty() {
        return Ok(());
    }
    writeln!(
        text,
        "Distance to faster-whisper int8: {}. The next lever is the encoder: whisper.cpp multiplies q8_0 weights with \
         AVX2 as the portable build has it, CTranslate2 with the widest integer instructions of the machine; an int8 \
         encoder through ONNX Runtime behind `Transcribe`, or kernels chosen at start, would take it up.\n",
        distances.join("; ")
    )
}

fn write_memory(text: &mut String, runs: &[LongRun]) -> std::fmt::Result {
    writeln!(text, "## Memory of long recordings\n")?;
    writeln!(
        text,
        "Made meetings end to end, the bundled model, the whole tree of processes; mapped files count.\n"
    )?;
    writeln!(
        text,
        "| recording | peak memory | time | CPU s | real-time factor | characters |\n|---|---:|---:|---:|---:|---:|"
    )?;
    for run in runs {
        let seconds = f64::from(run.seconds);
        writeln!(
            text,
            "| {:.2} h | {} | {:.0} s | {:.0} | {:.3} | {} |",
            seconds / 3_600.0,
            mebibytes(run.cost.peak_bytes),
            run.cost.wall_seconds,
            run.cost.cpu_seconds,
            run.cost.wall_seconds / seconds,
            run.characters
        )?;
    }
    writeln!(text)
}

fn write_live(text: &mut String, live: &Live) -> std::fmt::Result {
    let pooled = &live.pooled;
    writeln!(text, "## Live captions\n")?;
    writeln!(
        text,
        "Meetings sent over the WebSocket in real time, a tenth of a second a message, the bundled model. From the end \
         of a character's sound until it is firm for who follows, of all {} characters: p50 **{:.2} s**, p95 \
         **{:.2} s**, latest {:.2} s; CER of what stayed {:.3}.\n",
        pooled.characters,
        pooled.p50,
        pooled.p95,
        pooled.max,
        live.cer.rate(),
    )?;
    writeln!(
        text,
        "| meeting | seconds | pauses | p50 s | p95 s | latest s | CER | CPU s | behind the sound at most, s |\n\
         |---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    )?;
    for meeting in &live.meetings {
        writeln!(
            text,
            "| {} | {:.0} | {:.0} % | {:.2} | {:.2} | {:.2} | {:.3} | {:.1} | {:.1} |",
            meeting.seed,
            meeting.seconds,
            meeting.pauses * 100.0,
            meeting.delays.p50,
            meeting.delays.p95,
            meeting.delays.max,
            meeting.cer.rate(),
            meeting.cpu_seconds,
            meeting.behind
        )?;
    }
    Ok(())
}
