//! The tables of accounts and sessions, as the snapshot of the whole database prints them.

use super::snapshot::{Kind, Table};

pub(super) const TABLES: [Table; 4] = [
    (
        "accounts",
        "id",
        &[
            ("id", Kind::Id),
            ("source", Kind::Text),
            ("name", Kind::Text),
            ("password_hash", Kind::Text),
            ("failures", Kind::Number),
            ("locked_until", Kind::Time),
            ("disabled_at", Kind::Time),
            ("created_at", Kind::Time),
        ],
    ),
    (
        "account_people",
        "account_id, user_id",
        &[("account_id", Kind::Id), ("user_id", Kind::Id)],
    ),
    (
        "directory_people",
        "account_id, department_id",
        &[
            ("account_id", Kind::Id),
            ("department_id", Kind::Id),
            ("user_id", Kind::Id),
        ],
    ),
    (
        "sessions",
        "id",
        &[
            ("id", Kind::Id),
            ("secret_hash", Kind::Digest),
            ("account_id", Kind::Id),
            ("user_id", Kind::Id),
            ("created_at", Kind::Time),
            ("seen_at", Kind::Time),
        ],
    ),
];
