//! What no row of the database may break, as queries.

/// Each gives a row for what is wrong.
pub(super) const INVARIANTS: [(&str, &str); 9] = [
    ("the file is whole", "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'"),
    ("references hold", "SELECT * FROM pragma_foreign_key_check"),
    (
        "units are counted",
        "SELECT state FROM unit_counts
         WHERE units <> (SELECT count(*) FROM units WHERE units.state = unit_counts.state)",
    ),
    (
        "events are numbered without gaps",
        "SELECT id FROM jobs WHERE last_event <> (SELECT count(*) FROM job_events WHERE job_id = jobs.id)
            OR last_event <> (SELECT max(sequence) FROM job_events WHERE job_id = jobs.id)
            OR state_json <> (SELECT state_json FROM job_events WHERE job_id = jobs.id AND sequence = last_event)",
    ),
    (
        "an ended job has no open units, an open one has some",
        "SELECT id FROM jobs WHERE (state IN ('succeeded', 'failed', 'cancelled'))
            = EXISTS (SELECT 1 FROM units WHERE job_id = jobs.id AND state IN ('ready', 'leased'))",
    ),
    (
        "of one first day one revision is live",
        "SELECT source_id FROM revisions GROUP BY source_id, valid_from HAVING sum(state = 'live') <> 1",
    ),
    (
        "live revisions do not overlap",
        "SELECT a.id FROM revisions AS a JOIN revisions AS b ON a.source_id = b.source_id AND a.id <> b.id
         WHERE a.state = 'live' AND b.state = 'live' AND coalesce(a.valid_from, '') < b.valid_from
           AND (a.valid_to IS NULL OR a.valid_to > b.valid_from)",
    ),
    (
        "a revision has the passages it counts, a source has a revision",
        "SELECT id FROM revisions WHERE passages <> (SELECT count(*) FROM passages WHERE revision_id = id)
         UNION ALL SELECT id FROM sources WHERE id NOT IN (SELECT source_id FROM revisions)",
    ),
    (
        "a vector has a passage of its department",
        "SELECT digest FROM vectors WHERE NOT EXISTS (
             SELECT 1 FROM passages JOIN revisions ON revisions.id = passages.revision_id
             WHERE passages.digest = vectors.digest AND revisions.department_id = vectors.department_id)",
    ),
];
