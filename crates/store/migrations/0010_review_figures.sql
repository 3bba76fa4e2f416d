-- Counts of the sheets that people are done with, and of the time they spent on them (core::review::figures). They
-- hold no contents and refer to no job, so that the year's figures stay when the documents are deleted.

-- A sheet that is done. Written when it is finished, or when a review begins with nothing to look at; removed when
-- the sheet is opened again.
CREATE TABLE review_done (
    job_id        BLOB    NOT NULL CHECK (length(job_id) = 16),
    page          INTEGER NOT NULL CHECK (page > 0),
    department_id BLOB    NOT NULL REFERENCES departments (id),
    form          TEXT    NOT NULL,
    at            INTEGER NOT NULL,
    -- core::review::SheetFigures.
    figures_json  TEXT    NOT NULL CHECK (json_valid(figures_json)),
    PRIMARY KEY (job_id, page)
) STRICT, WITHOUT ROWID;
CREATE INDEX review_done_at ON review_done (at);

-- Time on task, microseconds, by hours since 1970 began: the days of Japan are whole hours.
CREATE TABLE review_time (
    hour          INTEGER NOT NULL,
    department_id BLOB    NOT NULL REFERENCES departments (id),
    user_id       BLOB    NOT NULL REFERENCES users (id),
    form          TEXT    NOT NULL,
    spent         INTEGER NOT NULL CHECK (spent > 0),
    PRIMARY KEY (hour, department_id, user_id, form)
) STRICT, WITHOUT ROWID;
