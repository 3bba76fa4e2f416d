//! The promises of the whole product, one integration test binary.

mod house;
