//! What a segmentation model hears in a unit's speech: turns of people who have no name but their track, and
//! where in them each person is heard alone.
//!
//! Promises: turns of one track do not meet and lie within the unit; two turns that overlap are two people at
//! once. Never: a voice.

use shoki_core::audio::{Millis, SampleSpan};
use shoki_core::manifest::SegmentationSettings;
use shoki_engine::{LocalSpeakers, SpeakerSegmentation};

use super::regions::lay;
use super::stitch::Stitch;
use crate::error::SpeechError;
use crate::pcm::PcmFile;

/// A shorter silence is part of a turn, as it is part of a region.
const GAP: Millis = super::regions::PAUSE;
/// A shorter turn is nobody's: a breath, a click. 「はい」 takes longer.
const LEAST_TURN: Millis = Millis(200);
/// A voice is taken from no less than this where there is more: shorter, it is more the sound than the voice.
const LEAST_ALONE: Millis = Millis(500);

/// One person speaks, as far as a model hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LocalTurn {
    pub(super) span: SampleSpan,
    pub(super) track: usize,
}

/// The turns in `speech`, spans of one channel in order, by their beginning.
pub(super) fn turns(
    pcm: &PcmFile,
    channel: u8,
    speech: &[SampleSpan],
    model: &mut SpeakerSegmentation,
) -> Result<Vec<LocalTurn>, SpeechError> {
    let (Some(first), Some(last)) = (speech.first(), speech.last()) else {
        return Ok(Vec::new());
    };
    let within = SampleSpan {
        start: first.start,
        end: last.end,
    };
    let settings = *model.settings();
    let (window, hop) = (settings.window_ms.sample().0, settings.hop_ms.sample().0);
    let stretch = widened(within, window, pcm.samples());
    let mut stitch = Stitch::new(frames(stretch, &settings), settings.speakers as usize);
    let windows = lay(stretch, window, hop);
    let mut samples = Vec::with_capacity(windows.len() * settings.window());
    for (nth, place) in (1..).zip(&windows) {
        samples.extend(pcm.read_f32(channel, *place)?);
        samples.resize(nth * settings.window(), 0.0);
    }
    for (place, heard) in windows.iter().zip(model.activities(&samples)?) {
        let first = (place.start.0 - stretch.start.0).saturating_add(u64::from(settings.frame_step / 2))
            / u64::from(settings.frame_step);
        stitch.add(usize::try_from(first).unwrap_or(usize::MAX), &heard);
    }
    Ok(turns_of(&stitch.finish(), stretch, within, &settings))
}

/// `within`, and as much of the recording around it as fills a window.
fn widened(within: SampleSpan, window: u64, samples: u64) -> SampleSpan {
    let missing = window.saturating_sub(within.len());
    let end = (within.end.0 + missing.div_ceil(2))
        .min(samples)
        .max(within.end.0);
    let start = within.start.0.min(end.saturating_sub(window));
    SampleSpan::new(start, (start + window).min(samples).max(end))
}

/// Frames of a stretch: every place of it has one.
fn frames(stretch: SampleSpan, settings: &SegmentationSettings) -> usize {
    let whole = stretch.len().div_ceil(u64::from(settings.frame_step.max(1)));
    usize::try_from(whole).unwrap_or(usize::MAX)
}

/// Runs of frames as turns, without gaps too short to be a pause and turns too short to be anybody's.
fn turns_of(
    frames: &[LocalSpeakers],
    stretch: SampleSpan,
    within: SampleSpan,
    settings: &SegmentationSettings,
) -> Vec<LocalTurn> {
    let step = u64::from(settings.frame_step);
    // A frame speaks for a step around the middle of what it is heard from; the first and the last that were
    // heard speak for the edges as well.
    let lead = u64::from(settings.frame_length.saturating_sub(settings.frame_step)) / 2;
    let begin = |frame: usize| match frame {
        0 => stretch.start.0,
        frame => stretch.start.0 + lead + frame as u64 * step,
    };
    let end = |frame: usize| {
        let next = begin(frame + 1);
        // Windows lie on the frames of the stretch to within half a step.
        if next + lead + step + step / 2 > stretch.end.0 {
            stretch.end.0
        } else {
            next
        }
    };
    let mut turns = Vec::new();
    for track in 0..settings.speakers as usize {
        let mut own: Vec<SampleSpan> = Vec::new();
        for frame in (0..frames.len()).filter(|&frame| frames[frame].has(track)) {
            let here = SampleSpan::new(begin(frame), end(frame).max(begin(frame)));
            match own.last_mut() {
                Some(last) if here.start.0 <= last.end.0 + GAP.sample().0 => {
                    last.end = here.end.max(last.end)
                }
                _ => own.push(here),
            }
        }
        let own = own.into_iter().map(|span| span.intersection(within));
        let own = own.filter(|span| span.len() >= LEAST_TURN.sample().0);
        turns.extend(own.map(|span| LocalTurn { span, track }));
    }
    turns.sort_by_key(|turn| (turn.span.start, turn.span.end, turn.track));
    turns
}

/// A turn in parts of equal length that are no longer than `window` samples.
pub(super) fn parts(turn: SampleSpan, window: u64) -> impl Iterator<Item = SampleSpan> {
    let count = turn.len().div_ceil(window.max(1)).max(1);
    let edge = move |nth: u64| turn.start.0 + turn.len() * nth / count;
    (0..count).map(move |nth| SampleSpan::new(edge(nth), edge(nth + 1)))
}

/// Where the voice of a `part` of `turn` is to be heard: where the person speaks alone, in the part, else in
/// the turn, else in other turns of the track no farther away than `reach` samples, nearest first; where the
/// person is never alone, the part as it is.
pub(super) fn alone(part: SampleSpan, turn: LocalTurn, turns: &[LocalTurn], reach: u64) -> Vec<SampleSpan> {
    let enough = |spans: &[SampleSpan]| {
        let length: u64 = spans.iter().map(|span| span.len()).sum();
        length >= LEAST_ALONE.sample().0.min(part.len())
    };
    for place in [part, turn.span] {
        let own = without_others(place, turn.track, turns);
        if enough(&own) {
            return own;
        }
    }
    let distance = |other: &SampleSpan| {
        let before = part.start.0.saturating_sub(other.end.0);
        before.max(other.start.0.saturating_sub(part.end.0))
    };
    let mut own: Vec<SampleSpan> = turns
        .iter()
        .filter(|other| other.track == turn.track && distance(&other.span) <= reach)
        .flat_map(|other| without_others(other.span, turn.track, turns))
        .collect();
    own.sort_by_key(|span| (distance(span), span.start));
    if enough(&own) { own } else { vec![part] }
}

/// What of `place` no other track speaks in.
fn without_others(place: SampleSpan, track: usize, turns: &[LocalTurn]) -> Vec<SampleSpan> {
    let mut left = vec![place];
    for other in turns.iter().filter(|other| other.track != track) {
        left = left
            .into_iter()
            .flat_map(|span| {
                let common = span.intersection(other.span);
                if common.is_empty() {
                    return [span, SampleSpan::default()];
                }
                [
                    SampleSpan::new(span.start.0, common.start.0),
                    SampleSpan::new(common.end.0, span.end.0),
                ]
            })
            .filter(|span| !span.is_empty())
            .collect();
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISHED: SegmentationSettings = SegmentationSettings {
        window_ms: Millis(10_000),
        hop_ms: Millis(1_000),
        speakers: 3,
        at_once: 2,
        frame_step: 270,
        frame_length: 991,
    };

    fn turn(start: u64, end: u64, track: usize) -> LocalTurn {
        LocalTurn {
            span: SampleSpan::new(start, end),
            track,
        }
    }

    #[test]
    fn the_published_window_has_589_frames() {
        assert_eq!((PUBLISHED.window(), PUBLISHED.frames()), (160_000, 589));
        assert_eq!(frames(SampleSpan::new(0, 160_000), &PUBLISHED), 593);
    }

    #[test]
    fn a_short_unit_is_heard_with_what_lies_around_it() {
        let of = |start, end, samples| {
            let span = widened(SampleSpan::new(start, end), 1_000, samples);
            (span.start.0, span.end.0)
        };
        assert_eq!(of(5_000, 5_400, 9_000), (4_700, 5_700));
        assert_eq!(of(100, 300, 9_000), (0, 1_000));
        assert_eq!(of(8_800, 8_900, 9_000), (8_000, 9_000));
        assert_eq!(of(5_000, 7_000, 9_000), (5_000, 7_000));
        // A recording shorter than a window.
        assert_eq!(of(100, 300, 600), (0, 600));
    }

    #[test]
    fn frames_become_turns_at_the_middle_of_what_they_hear() {
        let stretch = SampleSpan::new(16_000, 176_000);
        let mut heard = vec![LocalSpeakers::default(); 593];
        // Frames 100 to 199 with a gap of five (84 ms); the second speaker joins for the last fifty.
        heard[100..200].fill(LocalSpeakers::of(&[0]));
        heard[120..125].fill(LocalSpeakers::default());
        heard[150..200].fill(LocalSpeakers::of(&[0, 1]));
        // A click of five frames, and one who speaks up to the end.
        heard[300..305].fill(LocalSpeakers::of(&[2]));
        heard[500..589].fill(LocalSpeakers::of(&[1]));
        // 16,000 + 270 n + (991 − 270) / 2.
        let place = |frame: u64| 16_360 + 270 * frame;
        assert_eq!(
            turns_of(&heard, stretch, stretch, &PUBLISHED),
            [
                turn(place(100), place(200), 0),
                turn(place(150), place(200), 1),
                turn(place(500), 176_000, 1)
            ]
        );
        // What lies around the unit is not the unit's.
        let within = SampleSpan::new(16_000, place(160));
        assert_eq!(
            turns_of(&heard, stretch, within, &PUBLISHED),
            [turn(place(100), place(160), 0)]
        );
    }

    #[test]
    fn turns_fall_into_equal_parts() {
        let of = |start, end| -> Vec<(u64, u64)> {
            let parts = parts(SampleSpan::new(start, end), 100);
            parts.map(|part| (part.start.0, part.end.0)).collect()
        };
        assert_eq!(of(10, 60), [(10, 60)]);
        assert_eq!(of(0, 100), [(0, 100)]);
        assert_eq!(of(0, 250), [(0, 83), (83, 166), (166, 250)]);
    }

    #[test]
    fn a_voice_is_taken_where_its_person_is_alone() {
        let second = 16_000;
        let turns = [
            turn(0, 4 * second, 0),
            turn(3 * second, 6 * second, 1),
            turn(4 * second + 8_000, 5 * second, 0),
            turn(20 * second, 24 * second, 0),
            turn(22 * second, 24 * second, 1),
        ];
        let of = |part: (u64, u64), nth: usize, reach| -> Vec<(u64, u64)> {
            let spans = alone(SampleSpan::new(part.0, part.1), turns[nth], &turns, reach);
            spans.iter().map(|span| (span.start.0, span.end.0)).collect()
        };
        // Part by part: alone; then in its turn; with somebody inside, before and behind.
        assert_eq!(of((0, 2 * second), 0, 0), [(0, 2 * second)]);
        assert_eq!(of((3 * second, 4 * second), 0, 0), [(0, 3 * second)]);
        assert_eq!(
            of((3 * second, 6 * second), 1, 0),
            [(4 * second, 4 * second + 8_000), (5 * second, 6 * second)]
        );
        // An interjection into another's turn: from the track's own turn within reach, else as it is.
        let aside = (4 * second + 8_000, 5 * second);
        assert_eq!(of(aside, 2, 5 * second), [(0, 3 * second)]);
        assert_eq!(of(aside, 2, 100), [aside]);
        assert_eq!(
            of(aside, 2, 30 * second)[..2],
            [(0, 3 * second), (20 * second, 22 * second)]
        );
    }
}
