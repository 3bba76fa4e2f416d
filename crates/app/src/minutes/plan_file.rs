//! The blob that a recording's plan leaves for its units: head, listing, sound.
//!
//! Promise: a unit reads its window alone; the sound is copied in bounded pieces. Never: the sound in memory.

use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use shoki_core::audio::SampleSpan;
use shoki_core::meeting::{PLAN_PREFIX_BYTES, PlanRange, RecordingPart, RecordingPlan};
use shoki_speech::meeting::{Listing, Planned};
use shoki_speech::pcm::PcmFile;

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
    let listing = serde_json::to_vec(&planned.listing)?;
    let listing_end = listing.len() as u64;
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
        sound: PlanRange {
            start: listing_end,
            end: listing_end + planned.pcm.bytes(),
        },
    };
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(&plan.encode_head()?)?;
    file.write_all(&listing)?;
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
pub fn open(mut file: File) -> anyhow::Result<PlanFile> {
    let mut prefix = [0; 8];
    debug_assert_eq!(prefix.len() as u64, PLAN_PREFIX_BYTES);
    file.read_exact_at(&mut prefix, 0)?;
    let length = RecordingPlan::head_length(&prefix)?;
    let body = PLAN_PREFIX_BYTES + length;
    let whole = file.metadata()?.len();
    anyhow::ensure!(body <= whole, "a plan cut short");
    let mut read = |start: u64, end: u64| -> anyhow::Result<Vec<u8>> {
        use std::io::Seek as _;
        anyhow::ensure!(start <= end && end <= whole, "a plan cut short");
        file.seek(std::io::SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        (&mut file).take(end - start).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let plan = RecordingPlan::parse_head(&read(PLAN_PREFIX_BYTES, body)?)?;
    let listing = serde_json::from_slice(&read(body + plan.listing.start, body + plan.listing.end)?)?;
    let sound = PlanRange {
        start: body + plan.sound.start,
        end: body + plan.sound.end,
    };
    let pcm = PcmFile::within(file, plan.channels, sound)?;
    Ok(PlanFile { plan, listing, pcm })
}
