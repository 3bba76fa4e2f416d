//! The recogniser's engine with a model of the true kind and random weights, small enough to be made here; Word
//! documents as LibreOffice shows them.

mod sample;
mod tiny_model;
mod whisper;
mod word;
