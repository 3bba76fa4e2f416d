-- Accounts of people whom the office's directory (LDAP, OpenID Connect) knows.
--
-- A name is unique per source: a directory's "admin" is another account than the local one. SQLite cannot drop
-- UNIQUE (name), so the table and the two that refer to it are made anew; the old ones go children first, or
-- ON DELETE CASCADE would empty them. Renaming takes the references along (sqlite.org/lang_altertable.html).

CREATE TABLE accounts_of_any_source (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    -- Where the name is known and the password is checked.
    source        TEXT    NOT NULL CHECK (source IN ('local', 'ldap', 'oidc')),
    name          TEXT    NOT NULL,
    -- A PHC string of local accounts; a directory's password is never kept.
    password_hash TEXT    CHECK ((source = 'local') = (password_hash IS NOT NULL)),
    -- Failed sign-ins since the last good one.
    failures      INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    locked_until  INTEGER,
    -- Put out of use here, whatever the directory says.
    disabled_at   INTEGER,
    created_at    INTEGER NOT NULL,
    UNIQUE (source, name)
) STRICT, WITHOUT ROWID;
INSERT INTO accounts_of_any_source
    (id, source, name, password_hash, failures, locked_until, disabled_at, created_at)
SELECT id, 'local', name, password_hash, failures, locked_until, NULL, created_at FROM accounts;

CREATE TABLE account_people_2 (
    account_id BLOB NOT NULL REFERENCES accounts_of_any_source (id) ON DELETE CASCADE,
    user_id    BLOB NOT NULL UNIQUE REFERENCES users (id),
    PRIMARY KEY (account_id, user_id)
) STRICT, WITHOUT ROWID;
INSERT INTO account_people_2 (account_id, user_id) SELECT account_id, user_id FROM account_people;

CREATE TABLE sessions_2 (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    secret_hash BLOB    NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    account_id  BLOB    NOT NULL REFERENCES accounts_of_any_source (id) ON DELETE CASCADE,
    user_id     BLOB    NOT NULL REFERENCES users (id),
    created_at  INTEGER NOT NULL,
    seen_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO sessions_2 (id, secret_hash, account_id, user_id, created_at, seen_at)
SELECT id, secret_hash, account_id, user_id, created_at, seen_at FROM sessions;

DROP TABLE sessions;
DROP TABLE account_people;
DROP TABLE accounts;
ALTER TABLE accounts_of_any_source RENAME TO accounts;
ALTER TABLE account_people_2 RENAME TO account_people;
ALTER TABLE sessions_2 RENAME TO sessions;
CREATE INDEX sessions_by_account ON sessions (account_id);

-- Who a directory's account is in a 課, also after its group was taken away: whoever comes back is the same person,
-- with the same jobs. `account_people` says as whom the account may act now.
CREATE TABLE directory_people (
    account_id    BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    department_id BLOB NOT NULL REFERENCES departments (id),
    user_id       BLOB NOT NULL UNIQUE REFERENCES users (id),
    PRIMARY KEY (account_id, department_id)
) STRICT, WITHOUT ROWID;
