-- A message that came as several of the platform's (an album, a long paste): an edit or a deletion concerns one of them.
CREATE TABLE piece (
    message   INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    number    INTEGER NOT NULL,                -- from 0, in the order in which they came
    remote_id TEXT    NOT NULL,
    parts     TEXT    NOT NULL,                -- JSON, see storage.parts
    joint     TEXT,                            -- what parts its text from the next one's; NULL: they are two texts
    PRIMARY KEY (message, number)
) STRICT, WITHOUT ROWID;
