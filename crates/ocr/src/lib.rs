//! Reads pages: which form, which way up, every field's value with how sure it is, or full text.
//!
//! Owns everything between a grey page at 200 dpi and a [`shoki_core::piece::PagePiece`]: registration,
//! template subtraction, crops, the alphabets of the field types, decoding under a grammar, agreement of
//! readings; the rules themselves are `core::rule`'s.
//! Promises: the same page gives the same piece; an unknown page is never sorted to a form.
//! Must never: touch storage or the network, parse file formats, log what was read.

mod agreement;
mod alphabet;
mod beam;
mod bitmap;
mod blank;
pub mod calibrate;
mod choice;
mod context;
mod crop;
mod ctc;
mod difference;
mod error;
mod form_set;
mod full_text;
mod geometry;
mod kanji;
mod marks;
mod masked;
mod name_kana;
mod ncc;
pub mod output;
mod page_reader;
mod plane;
mod preparation;
mod print;
mod register;
mod rivals;
mod ruling;
mod seal;
mod signature;
mod sorter;
mod strike;
mod suggest;
mod text_field;
mod window;

pub use error::OcrError;
pub use form_set::FormSet;
pub use page_reader::{PageReader, Readings};
pub use sorter::Sorted;
pub use suggest::suggest;
