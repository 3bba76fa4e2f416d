//! Recordings cut and flipped at random, from seeds: each ends typed, within the limits, and what is
//! handed out is never longer than the file can hold.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use shoki_core::code::ErrorCode;
use shoki_core::media::MediaKind;
use shoki_decode::{Decoder, RecordingLimits};

use crate::made::sound::{SECONDS, encoded, ffmpeg, signal, wav};
use crate::parent::{file, listener};
use crate::recordings::hear_file;

/// Children at work at the same time.
const ABREAST: usize = 2;
/// Variants of each file and way.
const VARIANTS: u64 = 6;

/// Codes in which a broken recording may end.
const ALLOWED: [ErrorCode; 6] = [
    ErrorCode::CorruptRecording,
    ErrorCode::EmptyDocument,
    ErrorCode::NoSound,
    ErrorCode::RecordingNeedsFfmpeg,
    ErrorCode::RecordingTooLong,
    ErrorCode::TruncatedRecording,
];

struct Case {
    name: String,
    kind: MediaKind,
    bytes: Vec<u8>,
}

fn cases() -> Vec<Case> {
    let formats = [
        ("-c:a pcm_s16le", "wav"),
        ("-c:a adpcm_ms", "wav"),
        ("-c:a pcm_s16be", "aiff"),
        ("-c:a pcm_s16le", "caf"),
        ("-c:a flac", "flac"),
        ("-c:a libmp3lame", "mp3"),
        ("-c:a aac", "aac"),
        ("-c:a aac", "m4a"),
        ("-c:a alac", "m4a"),
        ("-c:a aac -movflags frag_keyframe+empty_moov", "mp4"),
        ("-c:a libvorbis", "ogg"),
        ("-c:a libopus", "opus"),
        ("-c:a libopus", "webm"),
        ("-c:a wmav2", "wma"),
    ];
    let sound = wav(16_000, &signal(16_000, 2));
    let mut cases = Vec::new();
    for (arguments, ending) in formats {
        let whole = encoded(&sound, arguments, ending);
        let kind = MediaKind::sniff(&whole[..4096.min(whole.len())]).unwrap();
        for seed in 0..VARIANTS {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let mut case = |way: &str, bytes: Vec<u8>| {
                cases.push(Case {
                    name: format!("{arguments} {ending}, {way} {seed}"),
                    kind,
                    bytes,
                });
            };
            case("cut", whole[..random.random_range(1..whole.len())].to_vec());
            // In the header, where lengths are, and anywhere.
            for (way, reach) in [("header", 600.min(whole.len())), ("anywhere", whole.len())] {
                let mut flipped = whole.clone();
                for _ in 0..1 << seed {
                    let at = random.random_range(0..reach);
                    flipped[at] ^= 1 << random.random_range(0..8);
                }
                case(way, flipped);
            }
        }
    }
    cases
}

fn run(decoder: &Decoder) {
    let cases = cases();
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..ABREAST {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let complaint = match hear_file(decoder, &file(&case.bytes), case.kind) {
                        Err(error) if ALLOWED.contains(&error.code()) => continue,
                        Err(error) => format!("{}: {error}", error.code()),
                        // A flipped rate may make it 16 times as long, not more.
                        Ok(heard) if heard.recording.samples <= u64::from(SECONDS) * 16_000 * 16 => continue,
                        Ok(heard) => format!("{:?}", heard.recording),
                    };
                    wrong.lock().unwrap().push(format!("{}: {complaint}", case.name));
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

/// As the product has it, but for patience.
fn limits() -> RecordingLimits {
    RecordingLimits {
        cpu_seconds: 10,
        wall: Duration::from_secs(60),
        ..RecordingLimits::default()
    }
}

#[test]
fn broken_recordings_end_typed() {
    run(&listener(None, limits()));
}

#[test]
fn broken_recordings_end_typed_where_ffmpeg_helps() {
    run(&listener(Some(ffmpeg()), limits()));
}
