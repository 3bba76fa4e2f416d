-- Minutes: what was said about a recording, the corrections of its transcript, voice prints.

-- What the person said about a recording (core::meeting::MinutesOptions); NULL for other pipelines.
ALTER TABLE jobs ADD COLUMN minutes_json TEXT CHECK (minutes_json IS NULL OR json_valid(minutes_json));

-- Corrections of a job's transcript (core::transcript_edit), in order; only ever added to.
CREATE TABLE transcript_edits (
    job_id       BLOB    NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    sequence     INTEGER NOT NULL CHECK (sequence > 0),
    at           INTEGER NOT NULL,
    user_id      BLOB    NOT NULL REFERENCES users (id),
    edit_json    TEXT    NOT NULL CHECK (json_valid(edit_json)),
    touched_json TEXT    NOT NULL CHECK (json_valid(touched_json)),
    PRIMARY KEY (job_id, sequence)
) STRICT, WITHOUT ROWID;

-- Time on task: a person's last sign of life on a transcript, and the sum of the short gaps between them,
-- microseconds.
CREATE TABLE transcript_activity (
    job_id  BLOB    NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    user_id BLOB    NOT NULL REFERENCES users (id),
    last_at INTEGER NOT NULL,
    spent   INTEGER NOT NULL CHECK (spent >= 0),
    PRIMARY KEY (job_id, user_id)
) STRICT, WITHOUT ROWID;

-- Voices kept with the person's consent. Name and voice lie in `sealed`, encrypted with a key that is not in
-- the database.
CREATE TABLE voice_prints (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    department_id BLOB    NOT NULL REFERENCES departments (id),
    sealed        BLOB    NOT NULL,
    created_by    BLOB    NOT NULL REFERENCES users (id),
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX voice_prints_of_department ON voice_prints (department_id, id);
