-- Forms that a 課 defines itself: the copy that is worked on, the versions that were published, and which of them
-- was in use from when. Versions and uses are only ever added, so a job that is pinned to an older set of forms is
-- read under that set, also after a restart. A blank page is what the decode child made of an upload: a grey PNG.

CREATE TABLE office_forms (
    id              TEXT    NOT NULL PRIMARY KEY,
    department_id   BLOB    NOT NULL REFERENCES departments (id),
    -- Counts the changes of the copy that is worked on.
    version         INTEGER NOT NULL CHECK (version > 0),
    -- core::form::FormDefinition, which may still have faults.
    definition_json TEXT    NOT NULL CHECK (json_valid(definition_json)),
    blank_sha256    BLOB    NOT NULL CHECK (length(blank_sha256) = 32),
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    updated_by      BLOB    NOT NULL REFERENCES users (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX office_forms_by_department ON office_forms (department_id);

CREATE TABLE form_blanks (
    form_id TEXT NOT NULL REFERENCES office_forms (id) ON DELETE CASCADE,
    sha256  BLOB NOT NULL CHECK (length(sha256) = 32),
    png     BLOB NOT NULL,
    PRIMARY KEY (form_id, sha256)
) STRICT;

CREATE TABLE form_versions (
    form_id         TEXT    NOT NULL REFERENCES office_forms (id),
    version         INTEGER NOT NULL CHECK (version > 0),
    -- core::form::FormDefinition, without faults.
    definition_json TEXT    NOT NULL CHECK (json_valid(definition_json)),
    blank_sha256    BLOB    NOT NULL CHECK (length(blank_sha256) = 32),
    PRIMARY KEY (form_id, version)
) STRICT, WITHOUT ROWID;

-- Which version of a form is in use from here on; NULL: none any more.
CREATE TABLE form_uses (
    department_id BLOB    NOT NULL REFERENCES departments (id),
    sequence      INTEGER NOT NULL CHECK (sequence > 0),
    form_id       TEXT    NOT NULL REFERENCES office_forms (id),
    version       INTEGER,
    at            INTEGER NOT NULL,
    user_id       BLOB    NOT NULL REFERENCES users (id),
    note          TEXT    NOT NULL,
    PRIMARY KEY (department_id, sequence),
    FOREIGN KEY (form_id, version) REFERENCES form_versions (form_id, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX form_uses_by_form ON form_uses (form_id, sequence);
