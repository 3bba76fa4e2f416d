-- The law desk: sources, their revisions and passages, references, vectors, what the office adds itself.
-- Days are TEXT `YYYY-MM-DD`, which sorts; an absent valid_from is the beginning of time.

-- What the person decided about a text (core::pipeline::CorpusOptions); NULL for other pipelines.
ALTER TABLE jobs ADD COLUMN corpus_json TEXT CHECK (corpus_json IS NULL OR json_valid(corpus_json));

CREATE TABLE sources (
    id            BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    department_id BLOB NOT NULL REFERENCES departments (id),
    visibility    TEXT NOT NULL CHECK (visibility IN ('department', 'office')),
    key           TEXT NOT NULL,
    title         TEXT NOT NULL,
    number        TEXT,
    rank          TEXT NOT NULL,
    aliases_json  TEXT NOT NULL CHECK (json_valid(aliases_json))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX sources_of_department ON sources (department_id, key) WHERE visibility = 'department';
CREATE UNIQUE INDEX sources_of_office ON sources (key) WHERE visibility = 'office';

-- `department_id` is the 課 that imported this revision (an office's law may be amended by another one).
-- `valid_to` is the earlier of what the source states and the next live revision's first day; `change`
-- grows whenever a row is made, re-timed or withdrawn, so that an index knows what it has not seen yet.
CREATE TABLE revisions (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    source_id     BLOB    NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    department_id BLOB    NOT NULL REFERENCES departments (id),
    document_id   BLOB    REFERENCES documents (id) ON DELETE CASCADE,
    valid_from    TEXT,
    valid_to      TEXT,
    stated_to     TEXT,
    amendment     TEXT,
    state         TEXT    NOT NULL CHECK (state IN ('live', 'withdrawn')),
    contents      BLOB    NOT NULL CHECK (length(contents) = 32),
    passages      INTEGER NOT NULL CHECK (passages >= 0),
    faults_json   TEXT    NOT NULL CHECK (json_valid(faults_json)),
    imported_at   INTEGER NOT NULL,
    change        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX revisions_of_source ON revisions (source_id, valid_from, id);
CREATE INDEX revisions_of_document ON revisions (document_id) WHERE document_id IS NOT NULL;
CREATE INDEX revisions_by_change ON revisions (change);

-- The last change given out; it never goes back, whatever is deleted.
CREATE TABLE corpus_changes (
    only   INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    change INTEGER NOT NULL
) STRICT;
INSERT INTO corpus_changes (only, change) VALUES (1, 0);

CREATE TABLE passages (
    revision_id   BLOB    NOT NULL REFERENCES revisions (id) ON DELETE CASCADE,
    ordinal       INTEGER NOT NULL CHECK (ordinal >= 0),
    kind          TEXT    NOT NULL,
    item          TEXT    NOT NULL,
    label         TEXT    NOT NULL,
    headings_json TEXT    NOT NULL,
    caption       TEXT,
    text          TEXT    NOT NULL,
    segments_json TEXT    NOT NULL,
    page          INTEGER,
    digest        BLOB    NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (revision_id, ordinal)
) STRICT;
CREATE INDEX passages_by_item ON passages (revision_id, item);
CREATE INDEX passages_by_digest ON passages (digest);

CREATE TABLE citations (
    revision_id  BLOB    NOT NULL REFERENCES revisions (id) ON DELETE CASCADE,
    position     INTEGER NOT NULL,
    ordinal      INTEGER NOT NULL,
    span_start   INTEGER NOT NULL CHECK (span_start >= 0),
    span_end     INTEGER NOT NULL CHECK (span_end >= span_start),
    source_title TEXT    NOT NULL,
    item         TEXT    NOT NULL,
    paragraph    TEXT,
    relation     TEXT    NOT NULL,
    PRIMARY KEY (revision_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX citations_from ON citations (revision_id, ordinal);
CREATE INDEX citations_to ON citations (source_title, item);

-- What an embedder made of a passage: little-endian f32. Kept per 課, so that nobody learns from the time
-- an import takes what another 課 has.
CREATE TABLE vectors (
    department_id BLOB NOT NULL REFERENCES departments (id),
    embedder      BLOB NOT NULL CHECK (length(embedder) = 32),
    digest        BLOB NOT NULL CHECK (length(digest) = 32),
    vector        BLOB NOT NULL CHECK (length(vector) % 4 = 0),
    PRIMARY KEY (department_id, embedder, digest)
) STRICT;
CREATE INDEX vectors_by_digest ON vectors (digest);

-- Every version stays; the last one is in use.
CREATE TABLE synonyms (
    version       INTEGER NOT NULL PRIMARY KEY CHECK (version >= 1),
    rules         TEXT    NOT NULL,
    user_id       BLOB    REFERENCES users (id),
    department_id BLOB    NOT NULL REFERENCES departments (id),
    at            INTEGER NOT NULL
) STRICT;

-- `text` is masked before it comes here. `basis_place` is the best place at which the asker found the
-- basis: 0 when it was not among the hits shown.
CREATE TABLE questions (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    department_id BLOB    NOT NULL REFERENCES departments (id),
    user_id       BLOB    NOT NULL REFERENCES users (id),
    text          TEXT    NOT NULL,
    as_of         TEXT    NOT NULL,
    asked_at      INTEGER NOT NULL,
    millis        INTEGER NOT NULL CHECK (millis >= 0),
    no_basis      INTEGER NOT NULL CHECK (no_basis IN (0, 1)),
    shown_json    TEXT    NOT NULL CHECK (json_valid(shown_json)),
    opened_at     INTEGER,
    basis_place   INTEGER CHECK (basis_place >= 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX questions_by_user ON questions (user_id, id);
CREATE INDEX questions_by_department ON questions (department_id, asked_at);
CREATE INDEX questions_by_time ON questions (asked_at);

CREATE TABLE feedback (
    question_id BLOB    NOT NULL REFERENCES questions (id) ON DELETE CASCADE,
    revision_id BLOB    NOT NULL REFERENCES revisions (id) ON DELETE CASCADE,
    ordinal     INTEGER NOT NULL,
    kind        TEXT    NOT NULL CHECK (kind IN ('opened', 'basis')),
    user_id     BLOB    NOT NULL REFERENCES users (id),
    at          INTEGER NOT NULL,
    PRIMARY KEY (question_id, revision_id, ordinal, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX feedback_by_revision ON feedback (revision_id);

CREATE TABLE faq (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    department_id BLOB    NOT NULL REFERENCES departments (id),
    question      TEXT    NOT NULL,
    answer        TEXT    NOT NULL,
    asked_as      BLOB    REFERENCES questions (id) ON DELETE SET NULL,
    created_by    BLOB    NOT NULL REFERENCES users (id),
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX faq_of_department ON faq (department_id, id);
CREATE INDEX faq_by_question ON faq (asked_as) WHERE asked_as IS NOT NULL;

-- A place is kept by item, not by revision: it survives the next amendment.
CREATE TABLE faq_citations (
    faq_id    BLOB    NOT NULL REFERENCES faq (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    source_id BLOB    NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    kind      TEXT    NOT NULL,
    item      TEXT    NOT NULL,
    PRIMARY KEY (faq_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX faq_citations_by_source ON faq_citations (source_id);

CREATE TABLE favourites (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id    BLOB    NOT NULL REFERENCES users (id),
    source_id  BLOB    NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    kind       TEXT    NOT NULL,
    item       TEXT    NOT NULL,
    note       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (user_id, source_id, kind, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX favourites_by_source ON favourites (source_id);
