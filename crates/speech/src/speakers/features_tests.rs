//! What encoders hear: tones in their bands, Kaldi's own numbers, stretches put together.

use shoki_core::audio::Millis;

use super::*;

fn settings(features: VoiceFeatures) -> SpeakerSettings {
    SpeakerSettings {
        features,
        window_ms: Millis(1_600),
        hop_ms: Millis(400),
        dimensions: 256,
        same_voice: 0.9,
        same_mean: 0.98,
        print_threshold: 0.9,
        print_margin: 0.1,
    }
}

fn tone(hertz: f32, samples: usize, height: f32) -> Vec<f32> {
    (0..samples)
        .map(|at| height * (std::f32::consts::TAU * hertz * at as f32 / 16_000.0).sin())
        .collect()
}

fn loudest(row: &[f32], bands: usize) -> usize {
    let frame = &row[80 * bands..81 * bands];
    (0..bands).max_by(|&a, &b| frame[a].total_cmp(&frame[b])).unwrap()
}

#[test]
fn a_tone_lies_in_its_band_whatever_its_level() {
    let region = SampleSpan::new(0, 25_600);
    let mel = Features::new(&settings(VoiceFeatures::PowerMel {
        bands: 40,
        level_dbfs: -30.0,
    }));
    let of = |height: f32| {
        let samples = tone(1_000.0, 25_600, height);
        mel.rows(&[Stretch::new(&samples, 0, region)], &[0])
    };
    let (quiet, loud) = (of(0.01), of(0.5));
    assert_eq!(quiet.len(), 160 * 40);
    // 1,000 Hz is 15 of 45.2 mels: the edges lie 1.103 apart, its nearest centre is the 14th.
    assert_eq!(loudest(&loud, 40), 13);
    assert!(
        quiet
            .iter()
            .zip(&loud)
            .all(|(a, b)| (a - b).abs() <= 1e-4 * b.abs().max(1e-3))
    );
    let fbank = Features::new(&settings(VoiceFeatures::KaldiFbank {
        bands: 80,
        taper: Taper::Hamming,
    }));
    let samples = tone(1_000.0, 25_600, 0.1);
    let row = fbank.rows(&[Stretch::new(&samples, 0, region)], &[0]);
    assert_eq!(row.len(), 160 * 80);
    let mean: f32 = row.iter().step_by(80).sum::<f32>() / 160.0;
    assert!(mean.abs() < 1e-3, "{mean}");
}

#[test]
fn a_short_region_goes_round() {
    assert_eq!(
        repeat(&[1.0, 2.0, 3.0], 1, 0, 7),
        [1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 1.0]
    );
    assert_eq!(repeat(&[1.0, 2.0, 3.0, 4.0], 2, 1, 1), [3.0, 4.0]);
    assert_eq!(repeat(&[], 2, 0, 2), [0.0; 4]);
    let region = SampleSpan::new(0, 8_000);
    let samples = Features::new(&settings(VoiceFeatures::Samples));
    let row = samples.rows(&[Stretch::new(&tone(440.0, 8_000, 0.1), 0, region)], &[0]);
    assert_eq!(row.len(), 25_600);
    assert_eq!(row[100..200], row[8_100..8_200]);
}

/// Two tones, an offset and something without order, 0.25 s.
fn reference_sound() -> Vec<f32> {
    (0..4_000_u32)
        .map(|at| {
            let place = f64::from(at);
            let tone =
                |hertz: f64, phase: f64| (std::f64::consts::TAU * hertz * place / 16_000.0 + phase).sin();
            let odd = f64::from(at * 7_919 % 1_009) / 504.5 - 1.0;
            (0.25 * tone(437.0, 0.0) + 0.08 * tone(2_910.0, 1.0) + 0.01 * odd + 0.02) as f32
        })
        .collect()
}

/// Bands of the frames whose numbers are kept below.
const BANDS: [usize; 8] = [0, 1, 13, 14, 40, 63, 64, 79];

/// kaldi-native-fbank 1.23.0 on [`reference_sound`] × 32768: 80 bins from 20 Hz, 25 and 10 ms, no dither,
/// `snip_edges`, frames 0, 9 and 22 of 23.
const HAMMING: [[f32; 8]; 3] = [
    [
        12.2221, 12.7541, 23.1609, 23.8061, 14.0534, 15.9017, 14.215, 17.5045,
    ],
    [
        13.0045, 13.8395, 23.1563, 23.8123, 13.4636, 15.868, 13.5832, 17.5387,
    ],
    [
        12.3078, 12.1564, 23.1596, 23.8069, 13.5254, 15.9451, 14.4553, 17.4971,
    ],
];
const POVEY: [[f32; 8]; 3] = [
    [
        8.7316, 9.1822, 23.1957, 23.7889, 13.1775, 15.8614, 14.0658, 17.509,
    ],
    [
        10.1389, 9.5545, 23.1942, 23.7891, 12.7006, 15.8365, 13.1586, 17.5426,
    ],
    [
        9.5779, 8.6765, 23.1958, 23.789, 13.2269, 15.8642, 14.1353, 17.5046,
    ],
];

#[test]
fn a_log_filterbank_is_kaldis() {
    let samples = reference_sound();
    for (taper, kept) in [(Taper::Hamming, HAMMING), (Taper::Povey, POVEY)] {
        let fbank = Features::new(&settings(VoiceFeatures::KaldiFbank { bands: 80, taper }));
        // Kaldi's first frame begins with the sound, ours is centred on where it is asked.
        let frames = fbank.frames(&samples, FRAME / 2, 23);
        for (nth, kept) in [0, 9, 22].into_iter().zip(kept) {
            for (band, kept) in BANDS.into_iter().zip(kept) {
                let found = frames[nth * 80 + band];
                assert!(
                    (found - kept).abs() < 2e-3,
                    "{taper:?} {nth} {band}: {found} for {kept}"
                );
            }
        }
    }
}

#[test]
fn stretches_follow_each_other_as_if_nothing_lay_between() {
    let long = tone(700.0, 40_000, 0.2);
    let spans = [SampleSpan::new(3_200, 6_400), SampleSpan::new(16_000, 24_000)];
    let stretches = spans.map(|span| Stretch::new(&long, 0, span));
    for features in [
        VoiceFeatures::Samples,
        VoiceFeatures::KaldiFbank {
            bands: 80,
            taper: Taper::Povey,
        },
        VoiceFeatures::PowerMel {
            bands: 40,
            level_dbfs: -30.0,
        },
    ] {
        let features = Features::new(&settings(features));
        let (width, step) = match features.bank.len() {
            0 => (1, 1),
            bands => (bands, STEP),
        };
        let row = features.rows(&stretches, &[0]);
        assert_eq!(row.len(), 25_600 / step * width);
        // 11,200 samples, and then from the beginning again.
        let round = 11_200 / step * width;
        assert_eq!(row[..60 * width], row[round..round + 60 * width]);
        // In another order, the longer one first, but for the mean that is taken off each band.
        let turned = features.rows(&[stretches[1], stretches[0]], &[0]);
        let without_mean = |row: &[f32]| -> Vec<f32> {
            row.iter()
                .enumerate()
                .map(|(at, value)| value - row[at % width])
                .collect()
        };
        let moved = without_mean(&row[3_200 / step * width..round]);
        let near = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-4;
        assert!(
            without_mean(&turned[..8_000 / step * width])
                .iter()
                .zip(&moved)
                .all(near)
        );
    }
}
