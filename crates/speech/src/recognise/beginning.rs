//! A hearing that begins with what a hearing before has found: whisper.cpp is told each of those tokens in turn.
//!
//! Promise: tokens behind the beginning are chosen as ever. Never: memory that the callback keeps.

use std::ffi::{c_int, c_void};

use whisper_rs::FullParams;
use whisper_rs::whisper_rs_sys::{whisper_context, whisper_state, whisper_token_data};

use super::transcribe::Piece;

/// Tokens to begin with; lives as long as the parameters it is put into.
#[derive(Debug)]
pub(super) struct Beginning {
    codes: Vec<usize>,
    vocabulary: usize,
}

impl Beginning {
    /// Of a model that knows so many tokens.
    pub(super) fn new(pieces: &[Piece], vocabulary: c_int) -> Self {
        let vocabulary = usize::try_from(vocabulary).unwrap_or(0);
        let code = |piece: &Piece| usize::try_from(piece.code).ok().filter(|&code| code < vocabulary);
        Self {
            // Behind one that the model does not know nothing is told.
            codes: pieces.iter().map_while(code).collect(),
            vocabulary,
        }
    }

    /// Has the hearing begin so: one segment, without the times that the model writes itself.
    #[expect(unsafe_code, reason = "whisper.cpp takes a function and a pointer")]
    pub(super) fn put_into(&self, parameters: &mut FullParams<'_, '_>) {
        if self.codes.is_empty() {
            return;
        }
        parameters.set_no_timestamps(true);
        parameters.set_single_segment(true);
        // SAFETY: `tell` has the type that whisper.cpp calls and reads through the pointer alone, as a `Beginning`,
        // while `WhisperState::full` runs; the caller keeps `self` until that has returned.
        unsafe {
            parameters.set_filter_logits_callback(Some(tell));
            parameters.set_filter_logits_callback_user_data(std::ptr::from_ref(self).cast_mut().cast());
        }
    }
}

/// Leaves one token to choose while the beginning lasts. `count` tokens are written.
#[expect(unsafe_code, reason = "called by whisper.cpp")]
unsafe extern "C" fn tell(
    _: *mut whisper_context,
    _: *mut whisper_state,
    _: *const whisper_token_data,
    count: c_int,
    logits: *mut f32,
    beginning: *mut c_void,
) {
    // SAFETY: what `put_into` has set; nobody writes to it.
    let beginning = unsafe { &*beginning.cast::<Beginning>() };
    let told = usize::try_from(count)
        .ok()
        .and_then(|count| beginning.codes.get(count));
    if let Some(&code) = told {
        // SAFETY: whisper.cpp hands in one number for each token of its vocabulary, and looks at them when this has
        // returned.
        let logits = unsafe { std::slice::from_raw_parts_mut(logits, beginning.vocabulary) };
        logits.fill(f32::NEG_INFINITY);
        logits[code] = 0.0;
    }
}
