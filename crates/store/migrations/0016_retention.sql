-- 保存期間: how long a 課 keeps what, what is held beyond that, what was deleted, and the certificates of it.

-- Nothing is due without a row here.
CREATE TABLE retention_periods (
    department_id BLOB    NOT NULL REFERENCES departments (id),
    -- core::retention::Material.
    material      TEXT    NOT NULL,
    days          INTEGER NOT NULL CHECK (days BETWEEN 1 AND 36500),
    set_at        INTEGER NOT NULL,
    user_id       BLOB    NOT NULL REFERENCES users (id),
    PRIMARY KEY (department_id, material)
) STRICT, WITHOUT ROWID;

-- 保存延長.
CREATE TABLE retention_holds (
    job_id  BLOB    NOT NULL PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    reason  TEXT    NOT NULL,
    user_id BLOB    NOT NULL REFERENCES users (id),
    at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A run of the rules of a 課 (`user_id` is NULL), or a deletion by a person. Closed: it deletes nothing more. The
-- certificate is made when the bytes are gone too, and then stays as it is.
CREATE TABLE deletions (
    id               BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    department_id    BLOB    NOT NULL REFERENCES departments (id),
    user_id          BLOB    REFERENCES users (id),
    begun_at         INTEGER NOT NULL,
    closed_at        INTEGER,
    certificate_json TEXT    CHECK (certificate_json IS NULL
                                    OR (json_valid(certificate_json) AND closed_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX deletions_running ON deletions (department_id) WHERE closed_at IS NULL;
CREATE INDEX deletions_uncertified ON deletions (id) WHERE certificate_json IS NULL;
CREATE INDEX deletions_by_department ON deletions (department_id, id);

-- What a deletion took so far (store::deletion::DeletedItem): ids and digests, no names. Goes into the certificate.
CREATE TABLE deleted_items (
    deletion_id BLOB    NOT NULL REFERENCES deletions (id),
    position    INTEGER NOT NULL CHECK (position > 0),
    item_json   TEXT    NOT NULL CHECK (json_valid(item_json)),
    PRIMARY KEY (deletion_id, position)
) STRICT, WITHOUT ROWID;

-- Forms that other 課 use as they are. What a 課 has in use stands in form_uses, for its own forms and for these:
-- a job is read with what its 課 had in use, also after the sharing was withdrawn.
CREATE TABLE form_shares (
    form_id       TEXT    NOT NULL REFERENCES office_forms (id) ON DELETE CASCADE,
    -- The 課 that it is shared with.
    department_id BLOB    NOT NULL REFERENCES departments (id),
    at            INTEGER NOT NULL,
    user_id       BLOB    NOT NULL REFERENCES users (id),
    PRIMARY KEY (form_id, department_id)
) STRICT, WITHOUT ROWID;
