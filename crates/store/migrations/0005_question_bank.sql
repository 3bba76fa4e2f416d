-- What the office changed of the bank of known questions that comes with the product, for every 課.

CREATE TABLE bank_entries (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    -- All four NULL: the entry of this id that comes with the product has no vote.
    question      TEXT,
    source_title  TEXT,
    item          TEXT,
    -- What the item said, as 128 bits in hexadecimal; the text cannot be had back from it.
    seen          TEXT,
    user_id       BLOB    REFERENCES users (id),
    department_id BLOB    NOT NULL REFERENCES departments (id),
    at            INTEGER NOT NULL,
    CHECK ((question IS NULL) = (source_title IS NULL) AND (question IS NULL) = (item IS NULL)
           AND (question IS NULL) = (seen IS NULL))
) STRICT, WITHOUT ROWID;
CREATE TRIGGER bank_changed AFTER INSERT ON bank_entries
    BEGIN UPDATE knowledge_changes SET change = change + 1; END;
CREATE TRIGGER bank_undone AFTER DELETE ON bank_entries
    BEGIN UPDATE knowledge_changes SET change = change + 1; END;
