-- A call with an effect waits until somebody has decided about it. What is shown then is all that is consented to.
ALTER TABLE tool_call RENAME COLUMN reads TO repeatable;
ALTER TABLE tool_call ADD COLUMN state TEXT NOT NULL DEFAULT 'begun';  -- 'asked', 'unknown', 'allowed' or 'begun'
ALTER TABLE tool_call ADD COLUMN version TEXT NOT NULL DEFAULT '';     -- of the tool, as it was shown
ALTER TABLE tool_call ADD COLUMN login TEXT NOT NULL DEFAULT '';       -- whose account it acts with, in words
ALTER TABLE tool_call ADD COLUMN wary INTEGER NOT NULL DEFAULT 0;      -- the model had read words of others
ALTER TABLE tool_call ADD COLUMN usage TEXT NOT NULL DEFAULT '';       -- JSON: what the request that called has used
ALTER TABLE tool_call ADD COLUMN cost_microusd INTEGER NOT NULL DEFAULT 0;

-- The session's newest turn when somebody was asked: one that comes later takes the place of this. NULL: nobody is.
ALTER TABLE turn ADD COLUMN asked_after INTEGER;

DROP INDEX turn_open;
-- Finds the next turn of a session, and what it waits for.
CREATE INDEX turn_open ON turn (session, id) WHERE state IN ('queued', 'running', 'answered', 'asked');

-- What a person allows a tool without being asked each time, as that tool was described then.
CREATE TABLE approval (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    person     INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    session    INTEGER REFERENCES session (id) ON DELETE CASCADE,  -- NULL: in all of theirs
    tool       TEXT    NOT NULL,
    version    TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Finds what somebody has allowed.
CREATE INDEX approval_of_person ON approval (person, tool);

-- Finds what ends with a session.
CREATE INDEX approval_of_session ON approval (session) WHERE session IS NOT NULL;
