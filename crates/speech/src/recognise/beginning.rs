//! What is done to whisper.cpp's logits before it chooses a token. A hearing may begin with what a hearing before has
//! found: it is told each of those tokens in turn. Behind them, what cannot be chosen is taken out.
//!
//! Promises: tokens behind the beginning are chosen as ever; how likely each told token is in this sound is known
//! afterwards. Never: memory that the callback keeps.

use std::ffi::{c_int, c_void};
use std::sync::{Mutex, PoisonError};

use whisper_rs::FullParams;
use whisper_rs::whisper_rs_sys::{whisper_context, whisper_state, whisper_token_data};

use super::transcribe::Piece;

/// Nats below the likeliest token from which one is taken out: less than a millionth of a millionth. whisper.cpp looks
/// at every token of its vocabulary twice with an exponential, which takes longest where the result is too small for a
/// number (7 % of the CPU of a recording, with the bundled model).
const HOPELESS: f32 = 30.0;
/// Maxima kept side by side: lets the compiler use vector registers.
const LANES: usize = 16;

/// Tokens to begin with; lives as long as the parameters it is put into.
#[derive(Debug)]
pub(super) struct Beginning {
    codes: Vec<usize>,
    vocabulary: usize,
    /// How likely each is, as far as they were told.
    heard: Mutex<Vec<f32>>,
}

impl Beginning {
    /// Of a model that knows so many tokens.
    pub(super) fn new(pieces: &[Piece], vocabulary: c_int) -> Self {
        let vocabulary = usize::try_from(vocabulary).unwrap_or(0);
        let code = |piece: &Piece| usize::try_from(piece.0).ok().filter(|&code| code < vocabulary);
        Self {
            // Behind one that the model does not know nothing is told.
            codes: pieces.iter().map_while(code).collect(),
            vocabulary,
            heard: Mutex::default(),
        }
    }

    /// Has the hearing begin so: one segment, without the times that the model writes itself.
    #[expect(unsafe_code, reason = "whisper.cpp takes a function and a pointer")]
    pub(super) fn put_into(&self, parameters: &mut FullParams<'_, '_>) {
        if !self.codes.is_empty() {
            parameters.set_no_timestamps(true);
            parameters.set_single_segment(true);
        }
        // SAFETY: `tell` has the type that whisper.cpp calls and reads through the pointer alone, as a `Beginning`,
        // while `WhisperState::full` runs; the caller keeps `self` until that has returned.
        unsafe {
            parameters.set_filter_logits_callback(Some(tell));
            parameters.set_filter_logits_callback_user_data(std::ptr::from_ref(self).cast_mut().cast());
        }
    }

    /// How likely the model found each token that it was told, in order, 0 to 1.
    pub(super) fn probabilities(self) -> Vec<f32> {
        self.heard.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves one of the `logits` to choose, when the token behind `count` others is told, else those with hope.
    fn choose(&self, count: usize, logits: &mut [f32]) {
        let Some(&code) = self.codes.get(count) else {
            let floor = most(logits) - HOPELESS;
            for logit in logits {
                *logit = if *logit < floor { f32::NEG_INFINITY } else { *logit };
            }
            return;
        };
        let probability = softmax(logits, code);
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.truncate(count);
        heard.push(probability);
        logits.fill(f32::NEG_INFINITY);
        logits[code] = 0.0;
    }
}

/// The largest logit.
fn most(logits: &[f32]) -> f32 {
    let larger = |held: f32, logit: f32| if logit > held { logit } else { held };
    let (chunks, rest) = logits.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        for (held, &logit) in lanes.iter_mut().zip(chunk) {
            *held = larger(*held, logit);
        }
    }
    let all = lanes.iter().chain(rest).copied();
    all.fold(f32::NEG_INFINITY, larger)
}

/// The share of one logit.
fn softmax(logits: &[f32], chosen: usize) -> f32 {
    let most = most(logits);
    let sum: f32 = logits.iter().map(|logit| (logit - most).exp()).sum();
    // All are forbidden: nothing is known.
    if sum.is_finite() && sum > 0.0 {
        (logits[chosen] - most).exp() / sum
    } else {
        0.0
    }
}

/// What whisper.cpp calls before it chooses a token; `count` are written.
#[expect(unsafe_code, reason = "called by whisper.cpp")]
unsafe extern "C" fn tell(
    _: *mut whisper_context,
    _: *mut whisper_state,
    _: *const whisper_token_data,
    count: c_int,
    logits: *mut f32,
    beginning: *mut c_void,
) {
    // SAFETY: what `put_into` has set, alive while whisper.cpp runs; what changes in it is behind a lock.
    let beginning = unsafe { &*beginning.cast::<Beginning>() };
    // SAFETY: whisper.cpp hands in one number for each token of its vocabulary, and looks at them when this has
    // returned.
    let logits = unsafe { std::slice::from_raw_parts_mut(logits, beginning.vocabulary) };
    if let Ok(count) = usize::try_from(count) {
        beginning.choose(count, logits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_token_is_left_while_the_beginning_lasts() {
        let beginning = Beginning::new(&[2, 0, 9, 1].map(Piece), 3);
        let mut logits = [1.0, 1.0, f32::NEG_INFINITY];
        beginning.choose(0, &mut logits);
        assert_eq!(
            logits,
            [f32::NEG_INFINITY, f32::NEG_INFINITY, 0.0],
            "forbidden, and told all the same"
        );
        let mut logits = [1.0, 1.0, f32::NEG_INFINITY];
        beginning.choose(1, &mut logits);
        assert_eq!(logits, [0.0, f32::NEG_INFINITY, f32::NEG_INFINITY]);
        // There is no token 9, and nothing is told behind it.
        let mut logits = [1.0, 2.0, 3.0];
        beginning.choose(2, &mut logits);
        assert_eq!(logits, [1.0, 2.0, 3.0]);
        assert_eq!(beginning.probabilities(), [0.0, 0.5]);
    }

    #[test]
    fn what_has_no_hope_is_taken_out_and_all_else_stays() {
        let beginning = Beginning::new(&[], 40);
        let mut logits: Vec<f32> = (0..40_u8).map(f32::from).collect();
        beginning.choose(0, &mut logits);
        let left: Vec<f32> = logits.iter().copied().filter(|logit| logit.is_finite()).collect();
        assert_eq!(left, (9..40_u8).map(f32::from).collect::<Vec<_>>());
        let mut forbidden = [f32::NEG_INFINITY; 40];
        beginning.choose(0, &mut forbidden);
        assert_eq!(forbidden, [f32::NEG_INFINITY; 40]);
    }
}
