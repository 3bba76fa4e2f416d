//! The promises of the whole product, one integration test binary.

mod end_to_end;
mod house;
mod kill;
mod service;
mod start_and_stop;
mod worker_steps;
