//! Made recordings whose truth is known.

use std::io::Write as _;

use shoki_core::audio::{DecodedRecording, EarlyStop, Millis, RecordingInfo, SampleSpan, StopReason};
use shoki_core::audio_report::{AudioReport, ChannelLayout, ChannelReport, Finding, OverlapBasis, Severity};

use super::channel::ChannelMeter;
use super::voices::{HIGH, LOW, Voice, at_level, delayed, gained, mix, noise, only, quantised, tone};
use super::{measure, with_speech};
use crate::pcm::PcmFile;
use crate::vad::ChannelSpeech;

/// A room at night.
const HUSH: f32 = -65.0;

fn pcm(channels: &[Vec<f32>]) -> PcmFile {
    let channels: Vec<Vec<i16>> = channels.iter().map(|samples| quantised(samples)).collect();
    let bytes: Vec<u8> = (0..channels[0].len())
        .flat_map(|at| channels.iter().flat_map(move |samples| samples[at].to_le_bytes()))
        .collect();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    PcmFile::new(file, channels.len().try_into().unwrap()).unwrap()
}

fn decoded(pcm: &PcmFile) -> DecodedRecording {
    DecodedRecording {
        info: RecordingInfo {
            container: "wave".to_owned(),
            codec: "pcm_s16le".to_owned(),
            channels: pcm.channels().into(),
            sample_rate: 48_000,
            declared: None,
        },
        channels: pcm.channels(),
        samples: pcm.samples(),
        stopped: None,
        damaged_packets: 0,
    }
}

fn report(channels: &[Vec<f32>]) -> AudioReport {
    let pcm = pcm(channels);
    measure(&pcm, &decoded(&pcm), &mut || true).unwrap().unwrap()
}

/// Of one channel.
fn figures(samples: Vec<f32>) -> ChannelReport {
    report(&[samples]).channels.remove(0)
}

fn found(report: &AudioReport) -> Vec<Finding> {
    report.advice.iter().map(|one| one.finding).collect()
}

#[track_caller]
fn near(measured: impl Into<Option<f32>>, truth: f32, within: f32) {
    let measured = measured.into();
    assert!(
        measured.is_some_and(|measured| (measured - truth).abs() <= within),
        "{measured:?} is not within {within} of {truth}"
    );
}

/// RMS of what is not silence, dBFS.
fn voiced_level(samples: &[f32]) -> f32 {
    let sounding = samples.iter().filter(|sample| **sample != 0.0);
    let (count, sum) = sounding.fold((0.0, 0.0), |(count, sum), &sample| {
        (count + 1.0, sum + f64::from(sample).powi(2))
    });
    super::histogram::dbfs(sum / count)
}

#[test]
fn tones_in_noise_have_the_snr_they_were_made_with() {
    for snr in [30.0, 20.0, 10.0, 6.0] {
        let seconds: Vec<(f32, f32)> = (0..30u8)
            .map(|n| (f32::from(n) * 2.0, f32::from(n) * 2.0 + 1.0))
            .collect();
        let bursts = only(&tone(330.0, -26.0, 60.0), &seconds);
        let channel = figures(mix(&[&bursts, &noise(-26.0 - snr, 60.0, 7)]));
        near(channel.noise_floor_dbfs, -26.0 - snr, 1.0);
        near(channel.snr_db, snr, 1.5);
        near(
            channel.peak_dbfs,
            -23.0 + 20.0 * (1.0 + 10f32.powf(-snr / 20.0) * 2.0).log10(),
            3.0,
        );
    }
}

#[test]
fn voices_in_noise_have_their_level_share_and_snr() {
    let voice = LOW.speak(60.0);
    let level = voiced_level(&voice);
    let spoken = voice.iter().filter(|sample| **sample != 0.0).count() as f32 / voice.len() as f32;
    for snr in [25.0, 15.0, 5.0] {
        let channel = figures(mix(&[&voice, &noise(level - snr, 60.0, 3)]));
        near(channel.speech_dbfs, level, 2.0);
        near(channel.snr_db, snr, 2.5);
        near(channel.speech_share, spoken, 0.1);
        near(channel.silence_share, 1.0 - spoken, 0.1);
    }
    let good = report(&[mix(&[&voice, &noise(HUSH, 60.0, 3)])]);
    assert_eq!(found(&good), [Finding::Good]);
    assert_eq!(good.layout, ChannelLayout::Mono);
    let noisy = report(&[mix(&[&voice, &noise(level - 8.0, 60.0, 3)])]);
    assert_eq!(found(&noisy), [Finding::Noisy]);
    assert_eq!(noisy.advice[0].severity, Severity::Warning);
    let quiet = report(&[gained(&mix(&[&voice, &noise(HUSH, 60.0, 3)]), -36.0)]);
    near(quiet.channels[0].speech_dbfs, level - 36.0, 2.0);
    assert_eq!(quiet.advice[0].finding, Finding::Quiet);
}

#[test]
fn flat_tops_are_counted() {
    // Twice full scale: beyond the rails where the sine's size is above a half, two thirds of the time.
    near(figures(tone(440.0, 3.0, 10.0)).clipped_share, 2.0 / 3.0, 0.01);
    near(figures(tone(440.0, -3.02, 10.0)).clipped_share, 0.0, 0.0);
    let mut voice = mix(&[&HIGH.speak(30.0), &noise(HUSH, 30.0, 3)]);
    assert_eq!(figures(voice.clone()).clipped_share, 0.0);
    at_level(&mut voice, -5.0);
    let overdriven = report(&[voice]);
    near(overdriven.channels[0].peak_dbfs, 0.0, 0.01);
    assert_eq!(overdriven.advice[0].finding, Finding::Clipped);
}

#[test]
fn hum_is_told_by_its_mains_and_its_level() {
    let voice = mix(&[&HIGH.speak(60.0), &noise(HUSH, 60.0, 3)]);
    assert_eq!(figures(voice.clone()).hum, None);
    for (mains, level, finding) in [(50, -38.0, Finding::Hum), (60, -48.0, Finding::Good)] {
        // The grid is never quite right.
        let base = f32::from(mains) + 0.08;
        let hum = mix(&[
            &tone(base, level, 60.0),
            &tone(2.0 * base, level - 3.0, 60.0),
            &tone(4.0 * base, level - 9.0, 60.0),
        ]);
        let report = report(&[mix(&[&voice, &hum])]);
        let measured = report.channels[0].hum.unwrap();
        assert_eq!(measured.mains_hz, mains);
        near(
            measured.level_dbfs,
            level + 10.0 * (1.0 + 0.501 + 0.126f32).log10(),
            1.5,
        );
        assert!(measured.above_floor_db > 6.0, "{measured:?}");
        assert_eq!(report.advice[0].finding, finding);
    }
}

#[test]
fn what_is_no_speech_is_said_to_be_none() {
    let nothing = report(&[vec![0.0; 160_000]]);
    assert_eq!(found(&nothing), [Finding::Silent]);
    let channel = &nothing.channels[0];
    assert_eq!(
        (channel.rms_dbfs, channel.noise_floor_dbfs, channel.snr_db),
        (-120.0, None, None)
    );
    assert_eq!((channel.silence_share, channel.speech_share), (1.0, 0.0));
    assert_eq!(nothing.overlap, None);
    assert_eq!(found(&report(&[Vec::new()])), [Finding::Silent]);
    assert_eq!(found(&report(&[noise(-40.0, 30.0, 5)])), [Finding::LittleSpeech]);
    assert_eq!(
        found(&report(&[tone(300.0, -20.0, 30.0)])),
        [Finding::LittleSpeech]
    );
    // A sentence in two minutes.
    let little = mix(&[&noise(HUSH, 120.0, 5), &LOW.speak(4.0)]);
    let little = report(&[little]);
    assert_eq!(found(&little), [Finding::LittleSpeech]);
    assert_eq!(little.advice[0].severity, Severity::Warning);
}

/// Two people in turns of 4 s, of which the last `together` are spoken by both.
fn turns(together: f32) -> [Vec<f32>; 2] {
    let turn = |first: u8| -> Vec<(f32, f32)> {
        (0..8u8)
            .map(|nth| f32::from(2 * nth + first) * 4.0)
            .map(|start| (start - together, start + 4.0))
            .map(|(start, end)| (start.max(0.0), end))
            .collect()
    };
    [
        only(&LOW.speak(64.0), &turn(0)),
        only(&HIGH.speak(64.0), &turn(1)),
    ]
}

#[test]
fn two_channels_of_separate_people_are_kept_apart() {
    let [left, right] = turns(0.0);
    let (hiss, other) = (noise(HUSH, 64.0, 8), noise(HUSH, 64.0, 9));
    // With 16 dB of the other voice in each.
    let channels = [
        mix(&[&left, &gained(&right, -16.0), &hiss]),
        mix(&[&right, &gained(&left, -16.0), &other]),
    ];
    let report = report(&channels);
    let ChannelLayout::Separate { likeness } = report.layout else {
        panic!("{:?}", report.layout);
    };
    assert!(likeness.one_sided > 0.8 && likeness.level < 0.3, "{likeness:?}");
    assert_eq!(report.channels.len(), 2);
    let overlap = report.overlap.unwrap();
    assert_eq!(overlap.basis, OverlapBasis::TwoChannels);
    near(overlap.share, 0.0, 0.05);
    assert_eq!(found(&report), [Finding::Good, Finding::Separate]);
}

#[test]
fn two_microphones_in_a_room_are_mixed() {
    let [low, high] = turns(0.0);
    // One sits nearer to one microphone, the other to the other.
    let channels = [
        mix(&[&low, &gained(&delayed(&high, 9), -4.0), &noise(-50.0, 64.0, 8)]),
        mix(&[&gained(&delayed(&low, 7), -4.0), &high, &noise(-50.0, 64.0, 9)]),
    ];
    let room = report(&channels);
    let ChannelLayout::Mixed { likeness } = room.layout else {
        panic!("{:?}", room.layout);
    };
    assert!(likeness.one_sided < 0.1, "{likeness:?}");
    assert_eq!(room.channels.len(), 1);
    assert_eq!(
        room.overlap.map(|overlap| overlap.basis),
        Some(OverlapBasis::TwoPitches)
    );
    // The second one set 14 dB lower: still the same room.
    let [first, second] = channels;
    let lower = report(&[first.clone(), gained(&second, -14.0)]);
    assert!(
        matches!(lower.layout, ChannelLayout::Mixed { .. }),
        "{:?}",
        lower.layout
    );
    // Wired the wrong way round, they would cancel each other.
    let crossed: Vec<f32> = first.iter().map(|sample| -0.9 * sample).collect();
    let crossed = report(&[first, crossed]);
    assert_eq!(crossed.layout, ChannelLayout::OneSilent { kept: 0 });
    assert!(crossed.channels[0].rms_dbfs > -30.0);
    assert_eq!(found(&crossed), [Finding::Good, Finding::OneSilent]);
}

#[test]
fn a_channel_without_anybody_is_left_out() {
    let voice = mix(&[&HIGH.speak(30.0), &noise(HUSH, 30.0, 3)]);
    for (empty, what) in [
        (vec![0.0; voice.len()], "digital silence"),
        (noise(-45.0, 30.0, 4), "an input with nothing in it"),
        (gained(&voice, -46.0), "what leaks over"),
    ] {
        let right = report(&[empty.clone(), voice.clone()]);
        assert_eq!(right.layout, ChannelLayout::OneSilent { kept: 1 }, "{what}");
        near(right.channels[0].rms_dbfs, -20.0, 0.1);
        let left = report(&[voice.clone(), empty]);
        assert_eq!(left.layout, ChannelLayout::OneSilent { kept: 0 }, "{what}");
        assert_eq!(found(&left), [Finding::Good, Finding::OneSilent]);
    }
    let none = report(&[vec![0.0; 80_000], vec![0.0; 80_000]]);
    assert_eq!(found(&none), [Finding::Silent]);
}

#[test]
fn overlap_is_measured_on_two_channels_and_estimated_on_one() {
    let shares = [0.0, 1.0, 2.0].map(|together| {
        let [left, right] = turns(together);
        let (hiss, other) = (noise(HUSH, 64.0, 8), noise(HUSH, 64.0, 9));
        let two = report(&[mix(&[&left, &hiss]), mix(&[&right, &other])]);
        // Turns of 4 s: 1 s or 2 s of each are spoken by both, but for both people's pauses.
        near(
            two.overlap.map(|overlap| overlap.share),
            together / 4.0 * 0.7,
            0.13,
        );
        let one = report(&[mix(&[&left, &right, &hiss])]).overlap.unwrap();
        assert_eq!(one.basis, OverlapBasis::TwoPitches);
        one.share
    });
    assert!(shares[0] < 0.1, "{shares:?}");
    assert!(shares[1] > shares[0] && shares[2] > shares[1] + 0.1, "{shares:?}");
}

#[test]
fn a_telephone_is_told_by_its_band() {
    let voice = mix(&[&LOW.speak(30.0), &noise(-50.0, 30.0, 3)]);
    assert!(!found(&report(std::slice::from_ref(&voice))).contains(&Finding::NarrowBand));
    // A windowed sinc that stops at 3.6 kHz.
    let tap = |at: i16| {
        let (x, span) = (f32::from(at) * std::f32::consts::PI, 80.0);
        let sinc = if at == 0 { 0.45 } else { (0.45 * x).sin() / x };
        sinc * (0.5 + 0.5 * (x / span).cos())
    };
    let taps: Vec<f32> = (-80..=80).map(tap).collect();
    let narrow: Vec<f32> = voice
        .windows(taps.len())
        .map(|window| window.iter().zip(&taps).map(|(sample, tap)| sample * tap).sum())
        .collect();
    assert_eq!(found(&report(&[narrow])), [Finding::Good, Finding::NarrowBand]);
    // A file of 8 kHz is one, whatever resampling left.
    let pcm = pcm(&[voice]);
    let mut decoded = decoded(&pcm);
    decoded.info.sample_rate = 8_000;
    let report = measure(&pcm, &decoded, &mut || true).unwrap().unwrap();
    assert!(found(&report).contains(&Finding::NarrowBand));
}

#[test]
fn speech_that_was_found_takes_the_place_of_the_estimate() {
    let [left, right] = turns(1.0);
    let room = |seed| noise(-50.0, 64.0, seed);
    let pcm = pcm(&[mix(&[&left, &room(8)]), mix(&[&right, &room(9)])]);
    let mut decoded = decoded(&pcm);
    decoded.stopped = Some(EarlyStop {
        at: pcm.duration(),
        reason: StopReason::Truncated,
    });
    let first = measure(&pcm, &decoded, &mut || true).unwrap().unwrap();
    assert_eq!(found(&first)[0], Finding::Incomplete);
    // Where there is sound, in pieces of 32 ms.
    let spans = |samples: &[f32]| -> Vec<SampleSpan> {
        let pieces = samples.chunks(512).zip(0u64..);
        pieces
            .filter(|(piece, _)| piece.iter().any(|sample| *sample != 0.0))
            .map(|(piece, at)| SampleSpan::new(at * 512, at * 512 + piece.len() as u64))
            .collect()
    };
    let speech =
        [(0, spans(&left)), (1, spans(&right))].map(|(channel, spans)| ChannelSpeech { channel, spans });
    let report = with_speech(first.clone(), &pcm, &speech).unwrap();
    for (channel, spoken) in report.channels.iter().zip(&speech) {
        near(
            channel.speech_share,
            spoken.len() as f32 / pcm.samples() as f32,
            0.001,
        );
    }
    near(report.channels[0].snr_db, voiced_level(&left) + 50.0, 1.0);
    let overlap = report.overlap.unwrap();
    assert_eq!(overlap.basis, OverlapBasis::TwoChannels);
    near(overlap.share, 0.18, 0.1);
    assert_eq!(found(&report)[0], Finding::Incomplete);
    assert!(found(&report).contains(&Finding::Separate));
    // Nobody spoke after all.
    let nobody = [0, 1].map(|channel| ChannelSpeech {
        channel,
        spans: Vec::new(),
    });
    let report = with_speech(first, &pcm, &nobody).unwrap();
    assert_eq!((found(&report)[0], report.overlap), (Finding::LittleSpeech, None));
    assert_eq!(report.channels[0].snr_db, None);
    let third = [ChannelSpeech {
        channel: 2,
        spans: Vec::new(),
    }];
    assert!(with_speech(report, &pcm, &third).is_err());
}

#[test]
fn portions_do_not_matter_and_who_is_told_to_stop_stops() {
    let voice = Voice { seed: 5, ..LOW };
    let samples = quantised(&mix(&[&voice.speak(20.0), &noise(-50.0, 20.0, 3)]));
    let (mut whole, mut pieces) = (ChannelMeter::new(), ChannelMeter::new());
    whole.push(&samples);
    samples.chunks(777).for_each(|piece| pieces.push(piece));
    let (whole, pieces) = (whole.finish(), pieces.finish());
    near(pieces.report.rms_dbfs, whole.report.rms_dbfs, 1e-4);
    assert_eq!(pieces.report.speech_share, whole.report.speech_share);
    assert_eq!(pieces.report.snr_db, whole.report.snr_db);
    assert_eq!(pieces.two_pitches, whole.two_pitches);
    let pcm = pcm(&[voice.speak(30.0)]);
    let mut asked = 0;
    let stopped = measure(&pcm, &decoded(&pcm), &mut || {
        asked += 1;
        asked < 3
    });
    assert!(stopped.unwrap().is_none());
    assert_eq!(asked, 3);
    assert_eq!(pcm.duration(), Millis(30_000));
}
