//! The HTTP API over a real loopback socket, a real database and real blobs.

mod jobs;
mod office;
