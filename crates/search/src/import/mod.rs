//! Files → sources with passages: 標準法令XML, the answers of the 法令API, notices in outline form,
//! casebooks, plans.
//!
//! Promises: text is kept whole; what cannot be taken over is an `ImportFault` with its place. Never:
//! opening a binary format (that is the decode child's work), ranking.
