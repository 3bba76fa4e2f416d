//! The border from outside: real children, real sandbox, files made here from seeds.

mod corpus;
mod kinds;
mod made;
mod parent;
mod recordings;
mod recordings_bad;
mod recordings_corpus;
mod recordings_ffmpeg;
mod sandbox;
mod text;
