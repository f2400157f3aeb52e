-- What was taken in and waits for a command of its chat, that command included: done again after a crash.
CREATE TABLE waiting (
    id INTEGER PRIMARY KEY,
    platform TEXT NOT NULL,
    bot TEXT NOT NULL,
    -- JSON, sealed: the answer to the question of a form may be a key.
    sealed TEXT NOT NULL
) STRICT;
