-- What a 課 knows by itself takes part in its search: FAQ entries and 「これが根拠」.

-- The passage as it read when the entry was written: an item that says something else today was renumbered.
ALTER TABLE faq_citations ADD COLUMN revision_id BLOB REFERENCES revisions (id) ON DELETE SET NULL;
ALTER TABLE faq_citations ADD COLUMN ordinal INTEGER;
CREATE INDEX faq_citations_by_revision ON faq_citations (revision_id) WHERE revision_id IS NOT NULL;

-- Grows whenever an entry or a mark is made or goes, by whatever way, so that the search knows that its
-- picture of them is old.
CREATE TABLE knowledge_changes (
    only   INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    change INTEGER NOT NULL
) STRICT;
INSERT INTO knowledge_changes (only, change) VALUES (1, 0);
CREATE TRIGGER faq_made AFTER INSERT ON faq
    BEGIN UPDATE knowledge_changes SET change = change + 1; END;
CREATE TRIGGER faq_gone AFTER DELETE ON faq
    BEGIN UPDATE knowledge_changes SET change = change + 1; END;
CREATE TRIGGER faq_cited AFTER INSERT ON faq_citations
    BEGIN UPDATE knowledge_changes SET change = change + 1; END;
CREATE TRIGGER faq_uncited AFTER DELETE ON faq_citations
    BEGIN UPDATE knowledge_changes SET change = change + 1; END;
CREATE TRIGGER basis_marked AFTER INSERT ON feedback WHEN new.kind = 'basis'
    BEGIN UPDATE knowledge_changes SET change = change + 1; END;
CREATE TRIGGER basis_unmarked AFTER DELETE ON feedback WHEN old.kind = 'basis'
    BEGIN UPDATE knowledge_changes SET change = change + 1; END;

-- Groups of an archive's laws that an import job has taken in, each in a transaction of its own, with what
-- became of their texts (model::RevisionChange): a job that is taken up again goes on behind them. Empty
-- once the job has succeeded.
CREATE TABLE import_groups (
    job_id       BLOB    NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    ordinal      INTEGER NOT NULL CHECK (ordinal >= 0),
    changes_json TEXT    NOT NULL CHECK (json_valid(changes_json)),
    PRIMARY KEY (job_id, ordinal)
) STRICT, WITHOUT ROWID;
