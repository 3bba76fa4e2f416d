-- 仕分け by people (core::sorting): what a page of a forms job is taken for, and which way up it is.

-- Only ever added to; the last row of a page counts.
CREATE TABLE page_sortings (
    job_id       BLOB    NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    page         INTEGER NOT NULL CHECK (page > 0),
    sequence     INTEGER NOT NULL CHECK (sequence > 0),
    at           INTEGER NOT NULL,
    user_id      BLOB    NOT NULL REFERENCES users (id),
    -- core::sorting::PageSorting.
    sorting_json TEXT    NOT NULL CHECK (json_valid(sorting_json)),
    -- Whether the sheets of the job were recorded since: a page that is read anew may be another sheet.
    is_recorded  INTEGER NOT NULL CHECK (is_recorded IN (0, 1)),
    PRIMARY KEY (job_id, page, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX page_sortings_unrecorded ON page_sortings (job_id) WHERE is_recorded = 0;
