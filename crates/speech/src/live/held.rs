//! The part of a microphone's sound that may still be heard.
//!
//! Promise: places are samples of the whole recording. Never: more than its user still wants.

use std::collections::VecDeque;

use shoki_core::audio::{SampleIndex, SampleSpan};

/// The sound that is still wanted.
#[derive(Debug, Default)]
pub(super) struct Held {
    begins: u64,
    samples: VecDeque<i16>,
}

impl Held {
    /// Nothing yet of a sound that begins at `begins` of the recording.
    pub(super) const fn new(begins: SampleIndex) -> Self {
        Self {
            begins: begins.0,
            samples: VecDeque::new(),
        }
    }

    /// More of it has come.
    pub(super) fn extend(&mut self, samples: impl Iterator<Item = i16>) {
        self.samples.extend(samples);
    }

    /// The sample after the last.
    pub(super) fn end(&self) -> u64 {
        self.begins + self.samples.len() as u64
    }

    /// What is held of a span.
    pub(super) fn read(&self, span: SampleSpan) -> Vec<i16> {
        let at = |place: u64| (place.clamp(self.begins, self.end()) - self.begins) as usize;
        let range = at(span.start.0)..at(span.end.0).max(at(span.start.0));
        self.samples.range(range).copied().collect()
    }

    /// Nothing before `place` is wanted any more.
    pub(super) fn forget_before(&mut self, place: u64) {
        let count = place.saturating_sub(self.begins).min(self.samples.len() as u64);
        self.samples.drain(..count as usize);
        self.begins += count;
    }
}
