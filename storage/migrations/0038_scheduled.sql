-- Questions that schedules have asked: what stands above their answers comes with the first thing that is shown of them.
CREATE TABLE scheduled (
    turn     INTEGER PRIMARY KEY REFERENCES turn (id) ON DELETE CASCADE,
    schedule INTEGER REFERENCES schedule (id) ON DELETE SET NULL,
    question INTEGER NOT NULL,                 -- a turn that was put back to answer another one is no longer such a one
    awaited  INTEGER NOT NULL,                 -- whether somebody has just pressed for it
    late_at  INTEGER,                          -- when it was due, if it comes late
    said     INTEGER NOT NULL DEFAULT 0        -- whether what stands above has been shown
) STRICT;

-- Lets a schedule that is deleted find its questions.
CREATE INDEX scheduled_by ON scheduled (schedule);

-- Whether somebody has just pressed for it, and waits.
ALTER TABLE schedule ADD COLUMN awaited INTEGER NOT NULL DEFAULT 0;
-- How often there was nothing to say, and when last.
ALTER TABLE schedule ADD COLUMN silences INTEGER NOT NULL DEFAULT 0;
ALTER TABLE schedule ADD COLUMN silent_at INTEGER;
-- When its maker was last told that it could not be asked.
ALTER TABLE schedule ADD COLUMN refusal_told_at INTEGER;
