-- The spine: people, documents, jobs, units, the audit chain.
-- Ids are 16-byte blobs (UUIDv7), instants are integer microseconds since 1970 (UTC), digests 32-byte blobs.

CREATE TABLE departments (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name        TEXT    NOT NULL UNIQUE,
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    department_id BLOB    NOT NULL REFERENCES departments (id),
    name          TEXT    NOT NULL,
    role          TEXT    NOT NULL CHECK (role IN ('clerk', 'department_admin', 'system_admin', 'auditor')),
    created_at    INTEGER NOT NULL,
    UNIQUE (department_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id     BLOB    NOT NULL REFERENCES users (id),
    secret_hash BLOB    NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    label       TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER,
    revoked_at  INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_by_user ON tokens (user_id, id);

CREATE TABLE documents (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    department_id BLOB    NOT NULL REFERENCES departments (id),
    name          TEXT    NOT NULL,
    media         TEXT,
    sha256        BLOB    NOT NULL CHECK (length(sha256) = 32),
    size          INTEGER NOT NULL CHECK (size >= 0),
    uploaded_by   BLOB    NOT NULL REFERENCES users (id),
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX documents_by_blob ON documents (department_id, sha256);

-- `state` repeats the tag inside `state_json` (core::job::JobState) so that lists filter by it.
CREATE TABLE jobs (
    id              BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    department_id   BLOB    NOT NULL REFERENCES departments (id),
    document_id     BLOB    NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    pipeline        TEXT    NOT NULL,
    pipeline_digest BLOB    NOT NULL CHECK (length(pipeline_digest) = 32),
    batch_id        BLOB    CHECK (length(batch_id) = 16),
    state           TEXT    NOT NULL CHECK (state = json_extract(state_json, '$.state')),
    state_json      TEXT    NOT NULL,
    last_event      INTEGER NOT NULL CHECK (last_event >= 1),
    created_by      BLOB    NOT NULL REFERENCES users (id),
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX jobs_by_department ON jobs (department_id, id);
CREATE INDEX jobs_by_document ON jobs (document_id);
CREATE INDEX jobs_by_batch ON jobs (batch_id) WHERE batch_id IS NOT NULL;

CREATE TABLE job_events (
    job_id     BLOB    NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    sequence   INTEGER NOT NULL CHECK (sequence >= 1),
    at         INTEGER NOT NULL,
    state_json TEXT    NOT NULL,
    PRIMARY KEY (job_id, sequence)
) STRICT, WITHOUT ROWID;

-- core::unit::UnitLife, one column per field; the checks keep data inside the state it belongs to.
CREATE TABLE units (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    job_id        BLOB    NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    department_id BLOB    NOT NULL REFERENCES departments (id),
    kind          TEXT    NOT NULL CHECK (kind IN ('plan', 'run', 'assemble')),
    ordinal       INTEGER NOT NULL CHECK (ordinal >= 0),
    state         TEXT    NOT NULL CHECK (state IN ('ready', 'leased', 'done', 'failed', 'dead', 'cancelled')),
    attempts      INTEGER NOT NULL CHECK (attempts >= 0),
    weight        INTEGER NOT NULL CHECK (weight >= 0),
    run_at        INTEGER CHECK ((run_at IS NOT NULL) = (state = 'ready')),
    last_error    TEXT    CHECK (last_error IS NULL OR state = 'ready'),
    owner         BLOB    CHECK ((owner IS NOT NULL) = (state = 'leased')),
    lease_until   INTEGER CHECK ((lease_until IS NOT NULL) = (state = 'leased')),
    piece_sha256  BLOB    CHECK (piece_sha256 IS NULL OR state = 'done'),
    piece_size    INTEGER CHECK ((piece_size IS NULL) = (piece_sha256 IS NULL)),
    code          TEXT    CHECK ((code IS NOT NULL) = (state IN ('failed', 'dead'))),
    UNIQUE (job_id, kind, ordinal)
) STRICT, WITHOUT ROWID;
-- The claim reads the first entry of this index and nothing else, however many units wait.
CREATE INDEX units_ready ON units (run_at, id) WHERE state = 'ready';
CREATE INDEX units_leased ON units (lease_until) WHERE state = 'leased';
CREATE INDEX units_by_piece ON units (department_id, piece_sha256) WHERE piece_sha256 IS NOT NULL;

-- Units by state, kept by the triggers so that the metrics never count rows.
CREATE TABLE unit_counts (
    state TEXT    NOT NULL PRIMARY KEY,
    units INTEGER NOT NULL CHECK (units >= 0)
) STRICT, WITHOUT ROWID;
INSERT INTO unit_counts (state, units)
VALUES ('ready', 0), ('leased', 0), ('done', 0), ('failed', 0), ('dead', 0), ('cancelled', 0);
CREATE TRIGGER units_counted_in AFTER INSERT ON units BEGIN
    UPDATE unit_counts SET units = units + 1 WHERE state = NEW.state;
END;
CREATE TRIGGER units_counted_out AFTER DELETE ON units BEGIN
    UPDATE unit_counts SET units = units - 1 WHERE state = OLD.state;
END;
CREATE TRIGGER units_counted_over AFTER UPDATE OF state ON units WHEN OLD.state <> NEW.state BEGIN
    UPDATE unit_counts SET units = units - 1 WHERE state = OLD.state;
    UPDATE unit_counts SET units = units + 1 WHERE state = NEW.state;
END;

CREATE TABLE artifacts (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    job_id        BLOB    NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    department_id BLOB    NOT NULL REFERENCES departments (id),
    name          TEXT    NOT NULL,
    media_type    TEXT    NOT NULL,
    sha256        BLOB    NOT NULL CHECK (length(sha256) = 32),
    size          INTEGER NOT NULL CHECK (size >= 0),
    UNIQUE (job_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX artifacts_by_blob ON artifacts (department_id, sha256);

-- A key is kept as its digest: clients put file names into keys, and those must be deletable.
CREATE TABLE idempotency (
    user_id     BLOB    NOT NULL REFERENCES users (id),
    key_hash    BLOB    NOT NULL CHECK (length(key_hash) = 32),
    fingerprint BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (user_id, key_hash)
) STRICT, WITHOUT ROWID;
CREATE TABLE idempotency_jobs (
    user_id  BLOB    NOT NULL,
    key_hash BLOB    NOT NULL,
    position INTEGER NOT NULL,
    job_id   BLOB    NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, key_hash, position),
    FOREIGN KEY (user_id, key_hash) REFERENCES idempotency (user_id, key_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_jobs_by_job ON idempotency_jobs (job_id);

-- The chain outlives what it tells of: no foreign keys.
CREATE TABLE audit (
    sequence      INTEGER NOT NULL PRIMARY KEY,
    at            INTEGER NOT NULL,
    user_id       BLOB,
    department_id BLOB,
    action        TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    previous      BLOB    NOT NULL CHECK (length(previous) = 32),
    hash          BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX audit_by_department ON audit (department_id, sequence);
