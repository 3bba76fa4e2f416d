//! Windows of a segmentation model that overlap → tracks that run through all of them.
//!
//! A model numbers the speakers of each window anew. Each window's speakers are put on the tracks that agree
//! best with what the windows before heard at the same time; then, in each frame, as many tracks speak as the
//! windows heard on average, those that most windows heard (as pyannote's pipeline counts). Never: who a track
//! is — one that has been silent for a window's length may come back as somebody else.

use shoki_engine::LocalSpeakers;

/// What the windows of a stretch heard so far, on as many tracks as a window has speakers.
pub(super) struct Stitch {
    tracks: usize,
    /// Every order of a window's speakers: the speaker on each track.
    orders: Vec<Vec<usize>>,
    frames: Vec<Frame>,
}

/// What was heard of one frame.
#[derive(Clone, Debug, Default)]
struct Frame {
    /// Windows that heard it.
    windows: u32,
    /// Speakers in them, added up.
    speakers: u32,
    /// Windows in which each track spoke.
    tracks: Vec<u32>,
}

impl Stitch {
    /// For a stretch of `frames` and a model that tells `speakers` apart.
    pub(super) fn new(frames: usize, speakers: usize) -> Self {
        let frame = Frame {
            tracks: vec![0; speakers],
            ..Frame::default()
        };
        Self {
            tracks: speakers,
            orders: orders(speakers),
            frames: vec![frame; frames],
        }
    }

    /// A window whose first frame is the stretch's frame `first`; windows come in order.
    pub(super) fn add(&mut self, first: usize, window: &[LocalSpeakers]) {
        let begin = first.min(self.frames.len());
        let end = (first + window.len()).min(self.frames.len());
        let own = &mut self.frames[begin..end];
        // How much each track and each speaker have in common.
        let mut common = vec![vec![0.0_f32; self.tracks]; self.tracks];
        for (frame, heard) in own.iter().zip(window).filter(|(frame, _)| frame.windows > 0) {
            for (track, common) in common.iter_mut().enumerate() {
                let share = frame.tracks[track] as f32 / frame.windows as f32;
                for (speaker, common) in common.iter_mut().enumerate() {
                    *common += if heard.has(speaker) { share } else { 0.0 };
                }
            }
        }
        let agreement = |order: &[usize]| -> f32 {
            order
                .iter()
                .zip(&common)
                .map(|(&speaker, row)| row[speaker])
                .sum()
        };
        let best = self.orders.iter().rev();
        let best = best.max_by(|a, b| agreement(a).total_cmp(&agreement(b)));
        let order = best.map_or(&[][..], Vec::as_slice);
        for (frame, heard) in own.iter_mut().zip(window) {
            frame.windows += 1;
            frame.speakers += heard.count();
            for (count, &speaker) in frame.tracks.iter_mut().zip(order) {
                *count += u32::from(heard.has(speaker));
            }
        }
    }

    /// The tracks that speak in each frame.
    pub(super) fn finish(self) -> Vec<LocalSpeakers> {
        self.frames
            .iter()
            .map(|frame| {
                let windows = frame.windows.max(1);
                let count = (2 * frame.speakers + windows) / (2 * windows);
                let mut order: Vec<usize> = (0..self.tracks).filter(|&at| frame.tracks[at] > 0).collect();
                order.sort_by_key(|&track| std::cmp::Reverse(frame.tracks[track]));
                order.truncate(count as usize);
                LocalSpeakers::of(&order)
            })
            .collect()
    }
}

/// Every order of the numbers below `count`, the natural one first.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    for _ in 0..count {
        orders = orders
            .iter()
            .flat_map(|order| {
                let left = (0..count).filter(|number| !order.contains(number));
                left.map(|number| [order.as_slice(), &[number]].concat())
            })
            .collect();
    }
    orders
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `.` nobody, a digit one speaker, `A` speakers 0 and 1, `B` 0 and 2, `C` 1 and 2.
    fn window(text: &str) -> Vec<LocalSpeakers> {
        let set = |letter| match letter {
            '0' => LocalSpeakers::of(&[0]),
            '1' => LocalSpeakers::of(&[1]),
            '2' => LocalSpeakers::of(&[2]),
            'A' => LocalSpeakers::of(&[0, 1]),
            'B' => LocalSpeakers::of(&[0, 2]),
            'C' => LocalSpeakers::of(&[1, 2]),
            _ => LocalSpeakers::default(),
        };
        text.chars().map(set).collect()
    }

    fn stitched(frames: usize, windows: &[(usize, &str)]) -> Vec<LocalSpeakers> {
        let mut stitch = Stitch::new(frames, 3);
        for &(first, text) in windows {
            stitch.add(first, &window(text));
        }
        stitch.finish()
    }

    #[test]
    fn a_windows_speakers_go_on_the_tracks_that_agree() {
        // Two people, numbered otherwise in each window, with a moment of both; then somebody who speaks where
        // only one window hears: nothing says which of the silent tracks is theirs.
        let heard = [(0, "000AA111"), (4, "A222..00"), (8, "..11.222")];
        assert_eq!(stitched(16, &heard), window("000AA111..00.222"));
    }

    #[test]
    fn most_windows_decide_how_many_speak() {
        // Two of three windows hear one person in the third frame, one hears two; the fifth is the other way.
        let heard = [(0, "00A0A"), (0, "11111"), (0, "0000A")];
        assert_eq!(stitched(5, &heard), window("0000A"));
        // Half is enough; what nobody heard is silent; frames beyond the stretch are left out.
        assert_eq!(
            stitched(4, &[(0, "0."), (0, ".."), (2, "......")]),
            window("0...")
        );
    }

    #[test]
    fn all_orders_are_tried_and_the_natural_one_first() {
        assert_eq!(orders(3).len(), 6);
        assert_eq!(orders(3)[0], [0, 1, 2]);
        assert_eq!(orders(5).len(), 120);
        // Nothing in common: numbers stay.
        assert_eq!(stitched(4, &[(0, "22.."), (2, "00")]), window("2200"));
    }
}
