//! The recogniser's engine with a model of the true kind and random weights, small enough to be made here; a
//! pair of models that tells who speaks, made as well; Word documents as LibreOffice shows them.

#[path = "../../../engine/tests/voice_models/made.rs"]
mod made;
mod pair;
mod sample;
mod tiny_model;
mod whisper;
mod word;
