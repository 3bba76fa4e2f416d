-- Counts of the meetings that people are done with, and of the time they spent on them. They hold no contents and
-- refer to no job, so that the year's figures stay when the recordings are deleted.

-- A meeting that is done. Written when it is finished; removed when it is opened again.
CREATE TABLE meeting_done (
    job_id        BLOB    NOT NULL PRIMARY KEY CHECK (length(job_id) = 16),
    department_id BLOB    NOT NULL REFERENCES departments (id),
    at            INTEGER NOT NULL,
    -- core::outcome::MinutesOutcome::duration_ms.
    recorded_ms   INTEGER NOT NULL CHECK (recorded_ms >= 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX meeting_done_at ON meeting_done (at);

-- Time on task, microseconds, by hours since 1970 began, as in review_time.
CREATE TABLE meeting_time (
    hour          INTEGER NOT NULL,
    department_id BLOB    NOT NULL REFERENCES departments (id),
    user_id       BLOB    NOT NULL REFERENCES users (id),
    spent         INTEGER NOT NULL CHECK (spent > 0),
    PRIMARY KEY (hour, department_id, user_id)
) STRICT, WITHOUT ROWID;
