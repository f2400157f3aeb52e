-- What a model reads in the place of messages that have left its window. A summary hangs at the last message that it
-- speaks of: every branch through that message shares it, no other one has it. What was above has then been said.
CREATE TABLE summary (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    session    INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    message    INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    payer      INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,  -- after whose question it is made
    text       TEXT    NOT NULL DEFAULT '',    -- '': it has not been made yet
    wanted     INTEGER NOT NULL,               -- whether it is to be made, or made anew
    asked      INTEGER NOT NULL,               -- whether a person wished it: what it speaks of is no longer read then
    wish       TEXT    NOT NULL DEFAULT '',    -- what the person wanted to be kept
    model      TEXT    NOT NULL DEFAULT '',    -- who has written it
    created_at INTEGER NOT NULL
) STRICT;

-- Finds the summary of a branch; forbids two of the same words.
CREATE UNIQUE INDEX summary_of_message ON summary (message);

CREATE INDEX summary_of_session ON summary (session);

CREATE INDEX summary_of_payer ON summary (payer);

-- What is to be made.
CREATE INDEX summary_wanted ON summary (session) WHERE wanted = TRUE;
