//! Nothing here: promises of the whole product live in `it/`.
