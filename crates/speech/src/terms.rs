//! 単語帳: names and terms of a meeting, told to the recogniser beforehand and put in afterwards where the same
//! sound was written otherwise.
//!
//! Promises: a replacement keeps the times, says what was heard, and is taken back in one step.
//! Never: a replacement by looks or by meaning; sound alone decides.

pub mod kanji;
