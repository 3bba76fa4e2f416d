//! Where decoded packets go: into one shape, one rate, and out.
//!
//! Promises: the channels of the first packet hold for the whole recording; a change of rate in the
//! middle costs no sample; what could not be decoded is silence of its length, at its place.

use std::io::Write;
use std::time::Duration;

use shoki_core::audio::{DecodedRecording, EarlyStop, Millis, RecordingInfo, SampleIndex, StopReason};
use symphonia::core::audio::GenericAudioBufferRef;

use crate::failure::{Decoded, Failure, FailureKind};
use crate::recording_wire::SoundWriter;
use crate::sound::resample::Resampler;
use crate::sound::shape::{Shape, channels_out};

/// Packets that cannot be decoded before the first that can, after which the file is given up.
const MAX_BAD_START: u64 = 500;
/// How much shorter than stated a recording may be before it counts as cut off: lengths in headers are
/// rounded, and encoders count what they add.
const TOLERANCE: Millis = Millis(1000);

/// How reading came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The reader says that there is no more.
    Whole,
    /// There should be more.
    Stopped(StopReason),
}

/// Where decoded packets go.
pub(crate) struct Sink<W> {
    out: Option<W>,
    longest: Millis,
    writer: Option<(SoundWriter<W>, Shape)>,
    resampler: Option<Resampler>,
    ready: Vec<f32>,
    /// Silence that stands for packets before it is known what they would have been.
    owed: Duration,
    damaged: u64,
    decoded: u64,
    /// Channels of the first packet.
    pub(crate) file_channels: u16,
    /// Its samples per second.
    pub(crate) file_rate: u32,
    last_packet: Duration,
}

impl<W: Write> Sink<W> {
    /// An empty one; more than `longest` is refused.
    pub(crate) const fn new(out: W, longest: Millis) -> Self {
        Self {
            out: Some(out),
            longest,
            writer: None,
            resampler: None,
            ready: Vec::new(),
            owed: Duration::ZERO,
            damaged: 0,
            decoded: 0,
            file_channels: 0,
            file_rate: 0,
            last_packet: Duration::ZERO,
        }
    }

    /// A packet that was decoded; readers hand out empty ones where everything is trimmed.
    pub(crate) fn sound(&mut self, packet: &GenericAudioBufferRef<'_>) -> Decoded<()> {
        self.decoded += 1;
        let (rate, channels) = (packet.spec().rate(), packet.num_planes());
        if packet.frames() == 0 || channels == 0 {
            return Ok(());
        }
        if let Some(out) = self.out.take() {
            self.file_channels = u16::try_from(channels).unwrap_or(u16::MAX);
            self.file_rate = rate;
            let given = channels_out(channels);
            self.writer = Some((SoundWriter::begin(out, given)?, Shape::new(given)));
        }
        self.tune(rate)?;
        self.pay_silence()?;
        self.last_packet = Duration::from_secs(packet.frames() as u64) / rate;
        let (Some((_, shape)), Some(resampler)) = (&mut self.writer, &mut self.resampler) else {
            return Err(Failure::setup("sound before its beginning"));
        };
        resampler.push(shape.apply(packet), &mut self.ready)?;
        self.write()
    }

    /// A packet that was not, of this length where it is known.
    pub(crate) fn damage(&mut self, length: Option<Duration>) -> Decoded<()> {
        self.damaged += 1;
        if self.decoded == 0 && self.damaged > MAX_BAD_START {
            return Err(Failure::recording("no packet can be decoded"));
        }
        self.owed = self.owed.saturating_add(length.unwrap_or(self.last_packet));
        if self.owed > Duration::from_millis(self.longest.0) {
            return Err(Failure::recording("more damage than sound"));
        }
        Ok(())
    }

    /// Sound that is missing by the time stamps.
    pub(crate) fn gap(&mut self, length: Duration) -> Decoded<()> {
        if self.writer.is_none() {
            return Ok(());
        }
        self.damage(Some(length))
    }

    /// Makes the resampler one for this rate.
    fn tune(&mut self, rate: u32) -> Decoded<()> {
        let channels = self.writer.as_ref().map_or(1, |(writer, _)| writer.channels());
        if self
            .resampler
            .as_ref()
            .is_none_or(|resampler| resampler.from() != rate)
        {
            let next = Resampler::new(rate, usize::from(channels))?;
            if let Some(before) = self.resampler.replace(next) {
                before.finish(&mut self.ready)?;
            }
        }
        Ok(())
    }

    fn pay_silence(&mut self) -> Decoded<()> {
        let Some(resampler) = &self.resampler else {
            return Ok(());
        };
        // At most a day at 768 kHz by now: it fits.
        let rate = resampler.from();
        let samples = (self.owed.as_nanos() * u128::from(rate) + 500_000_000) / 1_000_000_000;
        let mut left = usize::try_from(samples).unwrap_or(0);
        self.owed = Duration::ZERO;
        while left > 0 {
            let now = left.min(rate as usize);
            if let (Some((_, shape)), Some(resampler)) = (&mut self.writer, &mut self.resampler) {
                resampler.push(shape.silence(now), &mut self.ready)?;
            }
            self.write()?;
            left -= now;
        }
        Ok(())
    }

    fn write(&mut self) -> Decoded<()> {
        let Some((writer, _)) = &mut self.writer else {
            return Ok(());
        };
        writer.push(&self.ready)?;
        self.ready.clear();
        if SampleIndex(writer.samples()).time() > self.longest {
            return Err(Failure::too_long("more sound than the limit"));
        }
        Ok(())
    }

    /// The end: what is still in the filter, and the verdict.
    pub(crate) fn finish(
        mut self,
        info: RecordingInfo,
        ended: Ended,
        is_cut: bool,
    ) -> Decoded<DecodedRecording> {
        self.pay_silence()?;
        if let Some(resampler) = self.resampler.take() {
            resampler.finish(&mut self.ready)?;
        }
        self.write()?;
        let Some((mut writer, _)) = self.writer else {
            return Err(match ended {
                _ if is_cut => Failure::cut("the file ends before its sound"),
                Ended::Stopped(StopReason::Truncated) => Failure::cut("the file ends before its sound"),
                Ended::Stopped(StopReason::Damaged) => Failure::recording("nothing can be decoded"),
                Ended::Whole if self.damaged > 0 => Failure::recording("nothing can be decoded"),
                Ended::Whole => Failure {
                    kind: FailureKind::Empty,
                    reason: "a recording of no length",
                },
            });
        };
        writer.flush()?;
        if self.damaged > self.decoded {
            return Err(Failure::recording("more damage than sound"));
        }
        let at = SampleIndex(writer.samples()).time();
        let is_short = info
            .declared
            .is_some_and(|declared| declared.0 > at.0 + TOLERANCE.0);
        let reason = match ended {
            Ended::Stopped(reason) => Some(reason),
            Ended::Whole => (is_cut || is_short).then_some(StopReason::Truncated),
        };
        Ok(DecodedRecording {
            info,
            channels: writer.channels(),
            samples: writer.samples(),
            stopped: reason.map(|reason| EarlyStop { at, reason }),
            damaged_packets: self.damaged,
        })
    }
}
