//! The blob that a recording's plan leaves for its units: head, listing, each window, sound.
//!
//! Promise: a unit reads its window alone, or hearing hours would take time with the square of their number; the
//! sound is copied in bounded pieces. Never: the sound in memory.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use anyhow::Context as _;
use serde::de::DeserializeOwned;
use shoki_core::audio::SampleSpan;
use shoki_core::meeting::{PLAN_PREFIX_BYTES, PlanRange, RecordingPart, RecordingPlan};
use shoki_speech::meeting::{Listing, Planned};
use shoki_speech::pcm::PcmFile;
use shoki_speech::windows::SpeechWindow;

/// Frames copied at once.
const COPY_FRAMES: u64 = 1 << 17;

/// An opened plan.
#[derive(Debug)]
pub struct PlanFile {
    /// The head.
    pub plan: RecordingPlan,
    /// Windows and speech.
    pub listing: Listing,
    /// The sound.
    pub pcm: PcmFile,
}

/// Writes a plan.
///
/// # Errors
/// From the file system; never because of what the recording holds.
pub fn write(path: &Path, planned: &Planned, parts: Vec<RecordingPart>) -> anyhow::Result<RecordingPlan> {
    let mut lists = serde_json::to_vec(&planned.listing)?;
    let listing_end = lists.len() as u64;
    let mut each_window = Vec::with_capacity(planned.listing.windows.len());
    for window in &planned.listing.windows {
        let start = lists.len() as u64;
        serde_json::to_writer(&mut lists, window)?;
        let end = lists.len() as u64;
        each_window.push(PlanRange { start, end });
    }
    let sound_begins = lists.len() as u64;
    let plan = RecordingPlan {
        parts,
        report: planned.report.clone(),
        duration: planned.pcm.duration(),
        channels: planned.pcm.channels(),
        windows: u32::try_from(planned.listing.windows.len())?,
        listing: PlanRange {
            start: 0,
            end: listing_end,
        },
        each_window,
        sound: PlanRange {
            start: sound_begins,
            end: sound_begins + planned.pcm.bytes(),
        },
    };
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(&plan.encode_head()?)?;
    file.write_all(&lists)?;
    let mut start = 0;
    while start < planned.pcm.samples() {
        let end = planned.pcm.samples().min(start + COPY_FRAMES);
        for sample in planned.pcm.frames(SampleSpan::new(start, end))? {
            file.write_all(&sample.to_le_bytes())?;
        }
        start = end;
    }
    file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    Ok(plan)
}

/// Opens a plan.
///
/// # Errors
/// When the file is no plan of ours or is cut short.
pub fn open(file: File) -> anyhow::Result<PlanFile> {
    let opened = Opened::new(file)?;
    Ok(PlanFile {
        listing: opened.json(opened.plan.listing)?,
        pcm: opened.pcm()?,
        plan: opened.plan,
    })
}

/// Opens a plan for one of its windows, from 0: the sound and the window.
///
/// # Errors
/// As [`open`]; when the plan does not have the window.
pub fn open_window(file: File, index: u32) -> anyhow::Result<(PcmFile, SpeechWindow)> {
    let opened = Opened::new(file)?;
    let window = match opened.plan.each_window.get(index as usize) {
        Some(&range) => opened.json(range)?,
        None => {
            let listing: Listing = opened.json(opened.plan.listing)?;
            let mut windows = listing.windows.into_iter();
            windows
                .nth(index as usize)
                .context("a unit that the plan does not have")?
        }
    };
    Ok((opened.pcm()?, window))
}

/// A plan whose head was read.
struct Opened {
    file: File,
    plan: RecordingPlan,
    /// Where the head ends and all ranges begin.
    body: u64,
}

impl Opened {
    fn new(file: File) -> anyhow::Result<Self> {
        let mut prefix = [0; 8];
        debug_assert_eq!(prefix.len() as u64, PLAN_PREFIX_BYTES);
        file.read_exact_at(&mut prefix, 0)?;
        let body = PLAN_PREFIX_BYTES + RecordingPlan::head_length(&prefix)?;
        let plan = RecordingPlan::parse_head(&read(&file, PLAN_PREFIX_BYTES, body)?)?;
        Ok(Self { file, plan, body })
    }

    fn json<T: DeserializeOwned>(&self, range: PlanRange) -> anyhow::Result<T> {
        let bytes = read(&self.file, self.body + range.start, self.body + range.end)?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    fn pcm(&self) -> anyhow::Result<PcmFile> {
        let sound = PlanRange {
            start: self.body + self.plan.sound.start,
            end: self.body + self.plan.sound.end,
        };
        let file = self.file.try_clone()?;
        Ok(PcmFile::within(file, self.plan.channels, sound)?)
    }
}

/// Bytes from `start` to `end`, which the file must have.
fn read(file: &File, start: u64, end: u64) -> anyhow::Result<Vec<u8>> {
    let whole = file.metadata()?.len();
    anyhow::ensure!(start <= end && end <= whole, "a plan cut short");
    let mut bytes = vec![0; usize::try_from(end - start)?];
    file.read_exact_at(&mut bytes, start)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use shoki_core::audio::Millis;
    use shoki_core::audio_report::{AudioReport, ChannelLayout};
    use shoki_speech::windows::Cut;

    use super::*;

    const SAMPLES: u64 = 300;

    fn planned() -> Planned {
        let mut sound = tempfile::tempfile().unwrap();
        for sample in 0..SAMPLES {
            sound
                .write_all(&i16::try_from(sample).unwrap().to_le_bytes())
                .unwrap();
        }
        let window = |index: u32| {
            let span = SampleSpan::new(u64::from(index) * 100, u64::from(index) * 100 + 80);
            SpeechWindow {
                index,
                channel: 0,
                span,
                heard: vec![span],
                speech: vec![span],
                cut: Cut::Quietest,
            }
        };
        Planned {
            listing: Listing {
                speech: Vec::new(),
                windows: (0..3).map(window).collect(),
            },
            report: AudioReport {
                procedure: "1".to_owned(),
                duration: Millis(18),
                layout: ChannelLayout::Mono,
                channels: Vec::new(),
                overlap: None,
                advice: Vec::new(),
            },
            pcm: PcmFile::new(sound, 1).unwrap(),
        }
    }

    /// Reads a window and the sound of it.
    fn heard(path: &Path, index: u32) -> anyhow::Result<(SpeechWindow, Vec<i16>)> {
        let (pcm, window) = open_window(File::open(path)?, index)?;
        let sound = pcm.frames(window.span)?;
        Ok((window, sound))
    }

    #[test]
    fn each_window_is_read_alone_and_a_plan_of_before_gives_the_same() {
        let directory = tempfile::tempdir().unwrap();
        let (now, before) = (directory.path().join("now"), directory.path().join("before"));
        let planned = planned();
        let mut plan = write(&now, &planned, Vec::new()).unwrap();
        assert_eq!(open(File::open(&now).unwrap()).unwrap().listing, planned.listing);

        // The head did not say where each window lies.
        let head = plan.encode_head().unwrap();
        let body = std::fs::read(&now).unwrap().split_off(head.len());
        plan.each_window.clear();
        std::fs::write(&before, [plan.encode_head().unwrap(), body].concat()).unwrap();

        for window in &planned.listing.windows {
            let read = heard(&now, window.index).unwrap();
            assert_eq!(read.0, *window);
            let first = i16::try_from(window.span.start.0).unwrap();
            assert_eq!((read.1.len(), read.1[0]), (80, first));
            assert_eq!(heard(&before, window.index).unwrap(), read);
        }
        assert!(heard(&now, 3).is_err() && heard(&before, 3).is_err());
    }

    #[test]
    fn a_plan_cut_short_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("plan");
        write(&path, &planned(), Vec::new()).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for length in [0, 7, 40, whole.len() - 1] {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert!(heard(&path, 0).is_err(), "{length} bytes");
        }
    }
}
