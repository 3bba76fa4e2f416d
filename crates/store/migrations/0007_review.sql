-- Review of the sheets of a forms job: who has which sheet, and what people decided (core::review).

-- A sheet: a page that was sorted to a form. Written once, when somebody first looks at the job's review.
CREATE TABLE review_sheets (
    job_id        BLOB    NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    page          INTEGER NOT NULL CHECK (page > 0),
    form          TEXT    NOT NULL,
    -- core::review::CheckPolicy when the review began.
    policy        TEXT    NOT NULL,
    -- core::review::Standing.
    standing_json TEXT    NOT NULL CHECK (json_valid(standing_json)),
    is_open       INTEGER NOT NULL CHECK (is_open IN (0, 1)),
    -- Fields that are open for whoever takes it.
    open_fields   INTEGER NOT NULL CHECK (open_fields >= 0),
    locked_by     BLOB    REFERENCES users (id),
    locked_until  INTEGER,
    PRIMARY KEY (job_id, page),
    CHECK ((locked_by IS NULL) = (locked_until IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX review_sheets_open ON review_sheets (job_id, page) WHERE is_open = 1;

-- What people decided; only ever added to.
CREATE TABLE review_rows (
    job_id      BLOB    NOT NULL,
    page        INTEGER NOT NULL,
    sequence    INTEGER NOT NULL CHECK (sequence > 0),
    at          INTEGER NOT NULL,
    user_id     BLOB    NOT NULL REFERENCES users (id),
    action_json TEXT    NOT NULL CHECK (json_valid(action_json)),
    PRIMARY KEY (job_id, page, sequence),
    FOREIGN KEY (job_id, page) REFERENCES review_sheets (job_id, page) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
