//! Sound out of recordings, in the child: packets by symphonia, 16 kHz by rubato, blocks to the parent.
//!
//! Promises: what can be decoded is handed out, at its place; a packet that cannot leaves silence of its
//! length and is counted; where the file ends or breaks early it is said where; nothing grows with the
//! length of the recording but symphonia's index of an MP4. What symphonia does not read (WMA, AMR,
//! HE-AAC, surround AAC) is refused as `RecordingNeedsFfmpeg`. Never: a packet's bytes in an error.

mod boxes;
mod matroska;
mod open;
mod resample;
mod shape;
mod sink;
mod wave;
mod window;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use shoki_core::audio::{DecodedRecording, Millis, RecordingInfo, StopReason};
use shoki_core::media::MediaKind;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatReader, Track, TrackType};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, TimeBase, Timestamp};
use symphonia_adapter_libopus::OpusDecoder;

use crate::decoder::RecordingLimits;
use crate::failure::{Decoded, Failure, FailureKind};
use crate::source::Source;
use open::{Opened, Stated};
use sink::{Ended, Sink};

/// Errors of a reader in a row, without a packet in between, after which it is given up.
const MAX_READER_ERRORS: u32 = 32;
/// Time stamps are rounded and packets trimmed; what is shorter is no gap.
const SHORTEST_GAP: std::time::Duration = std::time::Duration::from_millis(100);
/// What is longer is a clock that was set, not sound that was lost.
const LONGEST_GAP: std::time::Duration = std::time::Duration::from_secs(600);

/// Decodes the recording to standard output; what is returned stands at its end.
pub(crate) fn decode(kind: MediaKind, source: Source, limits: &RecordingLimits) -> Decoded<DecodedRecording> {
    let longest = Millis(u64::try_from(limits.longest.as_millis()).unwrap_or(u64::MAX));
    let mut opened = catch(|| open::open(kind, &source))?;
    if opened.present.is_some_and(|present| present > longest) {
        return Err(Failure::too_long("there is more in the file than the limit"));
    }
    let registry = registry();
    let mut voice = Voice::choose(opened.reader.as_ref(), &registry)?;
    let declared = match opened.stated {
        Stated::Here(stated) => stated,
        Stated::ByReader => voice.declared,
    };
    if opened.stated == Stated::ByReader && declared.is_some_and(|declared| declared > longest) {
        return Err(Failure::too_long("the stated length is over the limit"));
    }
    let mut sink = Sink::new(std::io::stdout(), longest);
    let ended = read_to_the_end(&mut opened, &mut voice, &registry, &mut sink)?;
    let info = RecordingInfo {
        container: opened.reader.format_info().short_name.to_owned(),
        codec: voice.decoder.codec_info().short_name.to_owned(),
        channels: sink.file_channels,
        sample_rate: sink.file_rate,
        declared,
    };
    sink.finish(info, ended, opened.is_cut)
}

fn read_to_the_end(
    opened: &mut Opened,
    voice: &mut Voice,
    registry: &CodecRegistry,
    sink: &mut Sink<impl Write>,
) -> Decoded<Ended> {
    let mut reader_errors = 0;
    loop {
        match catch(|| step(opened, voice, registry, sink)) {
            Ok(Step::Packet) => reader_errors = 0,
            Ok(Step::Unreadable) if reader_errors < MAX_READER_ERRORS => reader_errors += 1,
            Ok(Step::Unreadable) => return Ok(Ended::Stopped(StopReason::Damaged)),
            Ok(Step::End(ended)) => return Ok(ended),
            Err(failure) if failure.kind == FailureKind::Panicked => {
                return Ok(Ended::Stopped(StopReason::Damaged));
            }
            Err(failure) => return Err(failure),
        }
    }
}

/// What one step of reading did.
enum Step {
    /// A packet was taken, of whatever track.
    Packet,
    /// The reader found no packet, but may find the next.
    Unreadable,
    /// There is nothing more to read.
    End(Ended),
}

/// Reads one packet and decodes it when it belongs to the track.
fn step(
    opened: &mut Opened,
    voice: &mut Voice,
    registry: &CodecRegistry,
    sink: &mut Sink<impl Write>,
) -> Decoded<Step> {
    let packet = match opened.reader.next_packet() {
        Ok(Some(packet)) => packet,
        Ok(None) => return Ok(Step::End(Ended::Whole)),
        Err(Error::ResetRequired) => {
            // The next piece of a chained Ogg file.
            *voice = Voice::choose(opened.reader.as_ref(), registry)?;
            return Ok(Step::Packet);
        }
        Err(Error::IoError(error)) if error.raw_os_error().is_some() => {
            return Err(Failure::setup("the document cannot be read"));
        }
        Err(Error::IoError(_)) if opened.is_at_end() => {
            return Ok(Step::End(Ended::Stopped(StopReason::Truncated)));
        }
        Err(_) => return Ok(Step::Unreadable),
    };
    if packet.track_id != voice.track {
        return Ok(Step::Packet);
    }
    if let Some(gap) = voice.gap_before(&packet) {
        sink.gap(gap)?;
    }
    match voice.decoder.decode(&packet) {
        Ok(sound) => {
            let (frames, rate) = (sound.frames() as u64, sound.spec().rate());
            sink.sound(&sound)?;
            voice.expect_after(&packet, frames, rate);
        }
        Err(_) => {
            voice.expect_after(&packet, 0, 1);
            sink.damage(voice.length_of(&packet))?;
            voice.decoder.reset();
        }
    }
    Ok(Step::Packet)
}

/// The track that is decoded, and its decoder.
struct Voice {
    track: u32,
    time_base: Option<TimeBase>,
    declared: Option<Millis>,
    decoder: Box<dyn AudioDecoder>,
    /// When the next packet is due.
    due: Option<Timestamp>,
}

impl Voice {
    fn choose(reader: &dyn FormatReader, registry: &CodecRegistry) -> Decoded<Self> {
        let Some(track) = reader.default_track(TrackType::Audio) else {
            // A track of unknown coding may be sound.
            let is_unclear = reader.tracks().iter().any(|track| track.codec_params.is_none());
            return Err(if is_unclear {
                Failure::needs_ffmpeg("no track of a known coding")
            } else {
                Failure {
                    kind: FailureKind::NoSound,
                    reason: "no track of sound",
                }
            });
        };
        let parameters = track.codec_params.as_ref().and_then(|codec| codec.audio());
        let parameters = parameters.ok_or(Failure::needs_ffmpeg("a coding of unknown parameters"))?;
        let decoder = registry
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map_err(|_| Failure::needs_ffmpeg("a coding that is not read here"))?;
        Ok(Self {
            track: track.id,
            time_base: track.time_base,
            declared: declared(reader, track),
            decoder,
            due: None,
        })
    }

    /// What is missing in front of this packet by its time stamp: readers skip frames that they cannot
    /// make sense of, and a browser's recording leaves out what it has lost.
    fn gap_before(&self, packet: &Packet) -> Option<std::time::Duration> {
        let due = self.due?;
        let gap = Duration::from(u64::try_from(packet.pts.get().checked_sub(due.get())?).ok()?);
        let gap = in_seconds(self.time_base?, gap)?;
        (SHORTEST_GAP..=LONGEST_GAP).contains(&gap).then_some(gap)
    }

    /// Works out when the next packet is due: where the container tells no lengths, from the samples.
    fn expect_after(&mut self, packet: &Packet, frames: u64, rate: u32) {
        let told = packet
            .dur
            .saturating_add(packet.trim_start)
            .saturating_add(packet.trim_end);
        let found = self.time_base.map(|base| {
            let (numer, denom) = (u128::from(base.numer.get()), u128::from(base.denom.get()));
            let ticks = u128::from(frames) * denom / (numer * u128::from(rate.max(1)));
            Duration::from(u64::try_from(ticks).unwrap_or(0))
        });
        let length = told.max(found.unwrap_or(Duration::ZERO));
        let is_known = length > Duration::ZERO;
        self.due = is_known.then(|| packet.pts.checked_add(length)).flatten();
    }

    /// How long a packet should sound.
    fn length_of(&self, packet: &Packet) -> Option<std::time::Duration> {
        in_seconds(self.time_base?, packet.dur).filter(|length| !length.is_zero())
    }
}

/// A length in a track's ticks.
fn in_seconds(base: TimeBase, length: Duration) -> Option<std::time::Duration> {
    let nanoseconds = base.calc_duration(length)?.as_nanos();
    Some(std::time::Duration::from_nanos(u64::try_from(nanoseconds).ok()?))
}

/// The length that the file states.
fn declared(reader: &dyn FormatReader, track: &Track) -> Option<Millis> {
    let in_time = |base: Option<TimeBase>, length: Option<Duration>| {
        let length = in_seconds(base?, length?)?;
        (!length.is_zero()).then(|| Millis::from_seconds(length.as_secs_f64()))
    };
    let media = reader.media_info();
    in_time(track.time_base, track.duration).or_else(|| in_time(media.time_base, media.duration))
}

fn registry() -> CodecRegistry {
    let mut registry = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut registry);
    registry.register_audio_decoder::<OpusDecoder>();
    registry
}

/// A parser's panic as a failure: what came before it is still good.
fn catch<T>(work: impl FnOnce() -> Decoded<T>) -> Decoded<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Failure {
        kind: FailureKind::Panicked,
        reason: "a parser panicked",
    }))
}
