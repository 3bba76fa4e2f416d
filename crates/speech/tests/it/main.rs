//! The recogniser's engine with a model of the true kind and random weights, small enough to be made here.

mod tiny_model;
mod whisper;
