//! The store from outside: the contract on SQLite, blobs, failure injection, the whole database.

mod audit;
mod blobs;
mod canary;
mod random_lives;
mod retention;
mod sqlite;
mod whole_database;
