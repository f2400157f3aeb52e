-- Questions that schedules have asked: what stands above their answers comes with the first thing that is shown of them.
CREATE TABLE scheduled (
    turn BIGINT PRIMARY KEY REFERENCES turn (id) ON DELETE CASCADE,
    schedule BIGINT REFERENCES schedule (id) ON DELETE SET NULL,
    question BIGINT NOT NULL,  -- a turn that was put back to answer another one is no longer such a one
    awaited BOOLEAN NOT NULL,  -- whether somebody has just pressed for it
    late_at BIGINT,  -- when it was due, if it comes late
    said BOOLEAN NOT NULL DEFAULT FALSE  -- whether what stands above has been shown
);

-- Lets a schedule that is deleted find its questions.
CREATE INDEX scheduled_by ON scheduled (schedule);

-- Whether somebody has just pressed for it, and waits.
ALTER TABLE schedule ADD COLUMN awaited BOOLEAN NOT NULL DEFAULT FALSE;
-- How often there was nothing to say, and when last.
ALTER TABLE schedule ADD COLUMN silences BIGINT NOT NULL DEFAULT 0;
ALTER TABLE schedule ADD COLUMN silent_at BIGINT;
-- When its maker was last told that it could not be asked.
ALTER TABLE schedule ADD COLUMN refusal_told_at BIGINT;
