-- An entry of a 課's FAQ is said anew, withdrawn and taken up again; what it said before stays until it is deleted.
ALTER TABLE faq ADD COLUMN version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1);
ALTER TABLE faq ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1));
CREATE TABLE faq_versions (
    faq_id    BLOB    NOT NULL REFERENCES faq (id) ON DELETE CASCADE,
    version   INTEGER NOT NULL CHECK (version >= 1),
    question  TEXT    NOT NULL,
    answer    TEXT    NOT NULL,
    withdrawn INTEGER NOT NULL CHECK (withdrawn IN (0, 1)),
    user_id   BLOB    NOT NULL REFERENCES users (id),
    at        INTEGER NOT NULL,
    PRIMARY KEY (faq_id, version)
) STRICT, WITHOUT ROWID;
INSERT INTO faq_versions (faq_id, version, question, answer, withdrawn, user_id, at)
    SELECT id, version, question, answer, withdrawn, created_by, created_at FROM faq;
CREATE TRIGGER faq_changed AFTER UPDATE OF version ON faq
    BEGIN UPDATE knowledge_changes SET change = change + 1; END;

-- Asked in a practice run: in no figure, and nothing is learned from it.
ALTER TABLE questions ADD COLUMN practice INTEGER NOT NULL DEFAULT 0 CHECK (practice IN (0, 1));
