//! Output profiles against decoders that are not ours.

mod made;
mod searchable_pdf;
mod values;
