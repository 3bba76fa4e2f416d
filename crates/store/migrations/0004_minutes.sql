-- Minutes: what was said about a recording, the corrections of its transcript, voice prints.

-- What the person said about a recording (core::meeting::MinutesOptions); NULL for other pipelines.
ALTER TABLE jobs ADD COLUMN minutes_json TEXT CHECK (minutes_json IS NULL OR json_valid(minutes_json));
