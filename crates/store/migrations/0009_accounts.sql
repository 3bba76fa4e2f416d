-- Sign-in with a name and a password: accounts, the people an account may act as, sessions.

-- Somebody's own name and password; the hash is a PHC string (argon2id) and never leaves the sign-in.
CREATE TABLE accounts (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name          TEXT    NOT NULL UNIQUE,
    password_hash TEXT    NOT NULL,
    -- Failed sign-ins since the last good one.
    failures      INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    locked_until  INTEGER,
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Whom the account acts as: one row a 課 that its owner works for.
CREATE TABLE account_people (
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    user_id    BLOB NOT NULL UNIQUE REFERENCES users (id),
    PRIMARY KEY (account_id, user_id)
) STRICT, WITHOUT ROWID;

-- A signed-in browser; `user_id` is whom it acts as now. Only the hash of its secret is kept.
CREATE TABLE sessions (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    secret_hash BLOB    NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    account_id  BLOB    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    user_id     BLOB    NOT NULL REFERENCES users (id),
    created_at  INTEGER NOT NULL,
    seen_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_account ON sessions (account_id);
