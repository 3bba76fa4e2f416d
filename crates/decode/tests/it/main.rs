//! The border from outside: real children, real sandbox, files made here from seeds.

mod corpus;
mod kinds;
mod made;
mod parent;
mod recordings;
mod sandbox;
mod text;
