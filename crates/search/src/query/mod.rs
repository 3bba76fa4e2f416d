//! Question → evidence: citations, scope, synonyms, legs, fusion, references, refusal.
//!
//! Promise: deterministic. Never: a model where a rule decides.

pub mod citation;
