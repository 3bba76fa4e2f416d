//! The store from outside: the contract on SQLite, blobs, failure injection, the whole database.

mod sqlite;
