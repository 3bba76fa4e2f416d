//! What is spoken into the microphone, and what the scripted recogniser writes for it.

/// Samples of a syllable: 160 ms, the last 48 ms of them quiet.
pub const SYLLABLE: usize = 2_560;
pub const QUIET: usize = 768;
/// What the scripted recogniser writes for the syllables of an utterance.
pub const SCRIPT: &str = "かさたなはまやらわきしちにひみりくすつぬふむゆるけせてねへめれこそとのほもよろ";

/// PCM of utterances of so many syllables, a second of silence after each.
pub fn speech(syllables: &[usize]) -> Vec<u8> {
    wave_of(syllables, 4_000, 1)
}

/// The same as a square wave of 500 Hz, loud enough to be loud behind a codec: what changes its sign with
/// every sample lies at 8 kHz, and no codec for speech lets that through.
pub fn audible_speech(syllables: &[usize]) -> Vec<u8> {
    wave_of(syllables, 12_000, 16)
}

/// Utterances of a wave of this height that changes its sign after so many samples.
pub fn wave_of(syllables: &[usize], loud: i16, half_period: usize) -> Vec<u8> {
    let mut samples: Vec<i16> = vec![0; 8_000];
    for &count in syllables {
        for _ in 0..count {
            let sign = |nth: usize| {
                if (nth / half_period).is_multiple_of(2) {
                    1
                } else {
                    -1
                }
            };
            samples.extend((0..SYLLABLE - QUIET).map(|nth| loud * sign(nth)));
            samples.extend((0..QUIET).map(|nth| 400 * sign(nth)));
        }
        samples.extend([0; 16_000]);
    }
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}
