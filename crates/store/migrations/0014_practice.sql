-- Documents with which somebody practises: fictional, kept out of every figure, of learning and of audits, and removed
-- by one step. A mark goes with its document.
CREATE TABLE practice (
    document_id BLOB    NOT NULL PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE,
    user_id     BLOB    NOT NULL REFERENCES users (id),
    at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
