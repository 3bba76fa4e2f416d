//! From a kind of file to a reader of its packets, and what is known about its length.
//!
//! The kind was sniffed by the parent, and exactly one of symphonia's readers is tried: no bytes of a
//! document choose a parser. Owns which formats are read here and which are left to ffmpeg.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use shoki_core::audio::Millis;
use shoki_core::media::{MediaKind, SNIFF_BYTES};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::{Hint, Probe};
use symphonia::core::formats::{FormatOptions, FormatReader};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;
use symphonia::default::formats::{
    AdtsReader, AiffReader, CafReader, FlacReader, IsoMp4Reader, MkvReader, MpaReader, OggReader, WavReader,
};

use crate::failure::{Decoded, Failure};
use crate::sound::window::Window;
use crate::sound::{boxes, matroska, wave};
use crate::source::Source;

/// Tags in front of an MP3 file at most; some programs add one instead of changing it.
const MAX_TAGS: usize = 16;
/// Bytes in front of the end in which the last page of an Ogg file begins: no page is longer than 65,307.
const OGG_TAIL: u64 = 128 * 1024;

/// An opened recording.
pub(crate) struct Opened {
    /// Its packets.
    pub(crate) reader: Box<dyn FormatReader>,
    /// The length that its header states, where that is not what the reader says.
    pub(crate) stated: Stated,
    /// What is in the file lasts at least so long, whatever it states.
    pub(crate) present: Option<Millis>,
    /// The file ends before its structure does.
    pub(crate) is_cut: bool,
    /// Becomes true when the last byte has been read.
    pub(crate) end_reached: Arc<AtomicBool>,
}

/// Where the stated length of a recording is to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stated {
    /// From the reader.
    ByReader,
    /// Here.
    Here(Option<Millis>),
}

impl Opened {
    /// Whether all bytes of the file were read.
    pub(crate) fn is_at_end(&self) -> bool {
        self.end_reached.load(Ordering::Relaxed)
    }
}

/// Opens a recording of this kind.
pub(crate) fn open(kind: MediaKind, source: &Source) -> Decoded<Opened> {
    let whole = || Window::new(source.clone(), 0, source.len());
    let mut probe = Probe::new();
    let (mut stated, mut present, mut is_cut) = (Stated::ByReader, None, false);
    let window = match kind {
        MediaKind::Wav => match (wave::layout(source), source.bytes(0, 4).as_deref()) {
            (Some(layout), _) => {
                probe.register_format::<WavReader<'_>>();
                stated = Stated::Here(layout.stated.and_then(|bytes| layout.duration(bytes)));
                present = layout.duration(layout.present());
                is_cut = layout.stated.is_some_and(|stated| stated > layout.present());
                layout.window(source.clone())
            }
            (None, Ok(b"FORM")) => {
                probe.register_format::<AiffReader<'_>>();
                whole()
            }
            (None, Ok(b"caff")) => {
                probe.register_format::<CafReader<'_>>();
                whole()
            }
            (None, _) if source.len() < SNIFF_BYTES as u64 => {
                return Err(Failure::cut("a WAV file without samples"));
            }
            (None, _) => return Err(Failure::recording("a WAV file without samples")),
        },
        MediaKind::Mp3 => return open_behind_tags(source),
        MediaKind::Flac => {
            probe.register_format::<FlacReader<'_>>();
            whole()
        }
        MediaKind::Aac => {
            // Its frames state nothing; the reader guesses from the first few.
            stated = Stated::Here(None);
            probe.register_format::<AdtsReader<'_>>();
            whole()
        }
        MediaKind::Mp4 => {
            let boxes = boxes::outermost(source);
            if !boxes.has_index {
                return Err(Failure::cut("an MP4 without its index"));
            }
            if !boxes.has_type {
                return Err(Failure::needs_ffmpeg("a QuickTime file without a type"));
            }
            is_cut = boxes.is_cut;
            probe.register_format::<IsoMp4Reader<'_>>();
            boxes.window(source)
        }
        MediaKind::Ogg => {
            is_cut = !ends_with_last_page(source);
            probe.register_format::<OggReader<'_>>();
            whole()
        }
        MediaKind::Webm => {
            is_cut = matroska::is_cut(source);
            probe.register_format::<MkvReader<'_>>();
            if is_cut { whole().forward_only() } else { whole() }
        }
        MediaKind::Asf | MediaKind::Amr => return Err(Failure::needs_ffmpeg("WMA or AMR")),
        _ => {
            return Err(Failure {
                kind: crate::failure::FailureKind::NotRecording,
                reason: "not a recording",
            });
        }
    };
    read(&probe, window).map(|(reader, end_reached)| Opened {
        reader,
        stated,
        present,
        is_cut,
        end_reached,
    })
}

/// MP3, or FLAC or AAC under a tag that was made for MP3 (ID3v2.4, 3.1).
fn open_behind_tags(source: &Source) -> Decoded<Opened> {
    let mut start = 0;
    for _ in 0..MAX_TAGS {
        match source.bytes(start, 10) {
            Ok(head) if head.starts_with(b"ID3") => {
                let size = head[6..]
                    .iter()
                    .fold(0, |size, byte| size << 7 | u64::from(byte & 0x7f));
                let footer = if head[5] & 0x10 == 0 { 0 } else { 10 };
                start += 10 + size + footer;
            }
            _ => break,
        }
    }
    let head = source
        .bytes(start, source.len().saturating_sub(start).min(SNIFF_BYTES as u64))
        .unwrap_or_default();
    if head.is_empty() {
        return Err(Failure::cut("nothing behind the tag"));
    }
    let mut probe = Probe::new();
    let mut stated = Stated::ByReader;
    match MediaKind::sniff(&head) {
        Some(MediaKind::Flac) => probe.register_format::<FlacReader<'_>>(),
        Some(MediaKind::Aac) => {
            stated = Stated::Here(None);
            probe.register_format::<AdtsReader<'_>>();
        }
        _ => {
            // Without one of these in the first frame the reader guesses from the size of the file.
            let states_frames = [b"Xing", b"Info", b"VBRI"]
                .iter()
                .any(|mark| head.windows(4).take(256).any(|word| word == *mark));
            if !states_frames {
                stated = Stated::Here(None);
            }
            probe.register_format::<MpaReader<'_>>();
        }
    }
    let window = Window::new(source.clone(), start, source.len());
    read(&probe, window).map(|(reader, end_reached)| Opened {
        reader,
        stated,
        present: None,
        is_cut: false,
        end_reached,
    })
}

fn read(probe: &Probe, window: Window) -> Decoded<(Box<dyn FormatReader>, Arc<AtomicBool>)> {
    let end_reached = window.end_reached();
    let stream = MediaSourceStream::new(Box::new(window), MediaSourceStreamOptions::default());
    let reader = probe.probe(
        &Hint::new(),
        stream,
        FormatOptions::default(),
        MetadataOptions::default(),
    );
    match reader {
        Ok(reader) => Ok((reader, end_reached)),
        Err(Error::Unsupported(what)) if !what.starts_with("core (probe)") => {
            Err(Failure::needs_ffmpeg("a variant of its format"))
        }
        Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Err(Failure::cut("the file ends in its header"))
        }
        Err(Error::IoError(error)) if error.raw_os_error().is_some() => {
            Err(Failure::setup("the document cannot be read"))
        }
        Err(_) => Err(Failure::recording("the header makes no sense")),
    }
}

/// Whether the last page says that it is the last (RFC 3533, 6).
fn ends_with_last_page(source: &Source) -> bool {
    let length = source.len().min(OGG_TAIL);
    let Ok(tail) = source.bytes(source.len() - length, length) else {
        return false;
    };
    let page = tail.windows(6).rposition(|bytes| bytes.starts_with(b"OggS"));
    page.is_some_and(|page| tail[page + 5] & 4 != 0)
}
