-- What a language model drafted of the agenda items of a meeting (core::minutes_draft::DraftedItem): one of an
-- item, the latest.
CREATE TABLE minutes_drafts (
    job_id    BLOB    NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    -- Empty where the meeting has no items.
    heading   TEXT    NOT NULL,
    item_json TEXT    NOT NULL CHECK (json_valid(item_json)),
    user_id   BLOB    NOT NULL REFERENCES users (id),
    at        INTEGER NOT NULL,
    PRIMARY KEY (job_id, heading)
) STRICT, WITHOUT ROWID;
