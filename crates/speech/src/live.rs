//! Captions while people speak: sound in as it comes, text out as soon as it is firm.
//!
//! Owns: where an utterance begins and ends, what two hearings of it agree on, who seems to speak.
//! Promises: all sound that was pushed is heard in the end, also when hearing is slower than speaking (then
//! the hearings in between are left out, never sound); the final texts do not depend on how the sound was
//! cut into calls; no text where the voice detector hears no speech, and the doubts of `recognise` on all
//! others. Never: a disk, a thread, a clock — whoever feeds it says when.
//!
//! Why finals are heard anew and not taken from the hearings in between: those depend on how busy the
//! machine is, and on sound that goes on. Partial text is LocalAgreement-2 (Macháček et al. 2023, „Turning
//! Whisper into a Real-Time Transcription System"), which a pause of 0.2 s corrects: a recogniser guesses at the end of
//! a sound that stops in the middle of a sentence, and what two hearings guess alike is firm.

mod agreement;
mod captioner;
mod cutter;
mod held;
mod voices;

pub use captioner::{Caption, Captioner, Hearing, MeanVoice, Probabilities, PutTerms};
pub use cutter::LiveRules;
pub use voices::Voices;

#[cfg(test)]
mod tests;
