-- What a turn under way has had done: written before it runs, its outcome after. With the answer it goes into its parts.
CREATE TABLE tool_call (
    turn BIGINT NOT NULL REFERENCES turn (id) ON DELETE CASCADE,
    round BIGINT NOT NULL,
    number BIGINT NOT NULL,  -- among the calls that were made at once
    said TEXT COLLATE "C" NOT NULL,  -- what the model said in this round before it called
    call TEXT COLLATE "C" NOT NULL,
    reads BOOLEAN NOT NULL,  -- it has no effect: after a crash it is run again
    result TEXT COLLATE "C",  -- NULL: it has begun, and nobody knows of an end
    begun_at BIGINT NOT NULL,
    PRIMARY KEY (turn, round, number)
);
