-- Auto-accept with a stated risk: blind audits, what they found, where each field stands (core::acceptance),
-- and the calibrations learnt from a department's own corrections (core::calibration).

-- core::review::SheetPlan.
ALTER TABLE review_sheets ADD COLUMN plan_json TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(plan_json));

-- Where a field stands; a field without a row is proving.
CREATE TABLE acceptance_fields (
    department_id BLOB    NOT NULL REFERENCES departments (id),
    form          TEXT    NOT NULL,
    field         TEXT    NOT NULL,
    -- core::acceptance::Acceptance.
    state_json    TEXT    NOT NULL CHECK (json_valid(state_json)),
    -- Results up to this one do not count any more.
    after_result  INTEGER NOT NULL CHECK (after_result >= 0),
    changed_at    INTEGER NOT NULL,
    PRIMARY KEY (department_id, form, field)
) STRICT, WITHOUT ROWID;

-- How it came to stand there; only ever added to.
CREATE TABLE acceptance_history (
    department_id BLOB    NOT NULL REFERENCES departments (id),
    form          TEXT    NOT NULL,
    field         TEXT    NOT NULL,
    sequence      INTEGER NOT NULL CHECK (sequence > 0),
    at            INTEGER NOT NULL,
    -- NULL: the local administrator.
    user_id       BLOB    REFERENCES users (id),
    -- core::acceptance::AcceptanceChange.
    change_json   TEXT    NOT NULL CHECK (json_valid(change_json)),
    PRIMARY KEY (department_id, form, field, sequence)
) STRICT, WITHOUT ROWID;

-- What each audit found, without contents: stays when the document is deleted.
CREATE TABLE acceptance_results (
    department_id BLOB    NOT NULL REFERENCES departments (id),
    form          TEXT    NOT NULL,
    field         TEXT    NOT NULL,
    sequence      INTEGER NOT NULL CHECK (sequence > 0),
    at            INTEGER NOT NULL,
    is_wrong      INTEGER NOT NULL CHECK (is_wrong IN (0, 1)),
    -- Whether nothing was read there.
    is_empty      INTEGER NOT NULL CHECK (is_empty IN (0, 1)),
    PRIMARY KEY (department_id, form, field, sequence)
) STRICT, WITHOUT ROWID;

-- Audits that were drawn, with what people wrote.
CREATE TABLE acceptance_audits (
    job_id        BLOB    NOT NULL,
    page          INTEGER NOT NULL,
    field         TEXT    NOT NULL,
    department_id BLOB    NOT NULL REFERENCES departments (id),
    form          TEXT    NOT NULL,
    -- core::form::FieldType.
    kind          TEXT    NOT NULL,
    is_empty      INTEGER NOT NULL CHECK (is_empty IN (0, 1)),
    -- Share of the accepted fields that was drawn then.
    share         REAL    NOT NULL CHECK (share > 0 AND share <= 1),
    drawn_at      INTEGER NOT NULL,
    -- core::acceptance::AuditState.
    state_json    TEXT    NOT NULL CHECK (json_valid(state_json)),
    is_open       INTEGER NOT NULL CHECK (is_open IN (0, 1)),
    locked_by     BLOB    REFERENCES users (id),
    locked_until  INTEGER,
    PRIMARY KEY (job_id, page, field),
    FOREIGN KEY (job_id, page) REFERENCES review_sheets (job_id, page) ON DELETE CASCADE,
    CHECK ((locked_by IS NULL) = (locked_until IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX acceptance_audits_open ON acceptance_audits (department_id, form, field, drawn_at)
    WHERE is_open = 1;

-- Who was given the readings of a whole job while audits of it were open: that person cannot audit it blind.
CREATE TABLE acceptance_sights (
    job_id  BLOB    NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    user_id BLOB    NOT NULL REFERENCES users (id),
    at      INTEGER NOT NULL,
    PRIMARY KEY (job_id, user_id)
) STRICT, WITHOUT ROWID;

-- Calibrations learnt from a department's own corrections; the highest that is not withdrawn counts.
CREATE TABLE calibrations (
    department_id    BLOB    NOT NULL REFERENCES departments (id),
    version          INTEGER NOT NULL CHECK (version > 0),
    at               INTEGER NOT NULL,
    -- core::calibration::Calibration.
    calibration_json TEXT    NOT NULL CHECK (json_valid(calibration_json)),
    -- core::calibration::Comparison.
    comparison_json  TEXT    NOT NULL CHECK (json_valid(comparison_json)),
    withdrawn_at     INTEGER,
    PRIMARY KEY (department_id, version)
) STRICT, WITHOUT ROWID;
