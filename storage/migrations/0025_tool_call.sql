-- What a turn under way has had done: written before it runs, its outcome after. With the answer it goes into its parts.
CREATE TABLE tool_call (
    turn     INTEGER NOT NULL REFERENCES turn (id) ON DELETE CASCADE,
    round    INTEGER NOT NULL,
    number   INTEGER NOT NULL,  -- among the calls that were made at once
    said     TEXT    NOT NULL,  -- what the model said in this round before it called
    call     TEXT    NOT NULL,
    reads    INTEGER NOT NULL,  -- it has no effect: after a crash it is run again
    result   TEXT,              -- NULL: it has begun, and nobody knows of an end
    begun_at INTEGER NOT NULL,
    PRIMARY KEY (turn, round, number)
) STRICT;
