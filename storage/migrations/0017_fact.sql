-- What people chose to have remembered. A fact never changes: an edited one takes the place of the one before.
CREATE TABLE fact (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    person     INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    text       TEXT    NOT NULL,
    folded     TEXT    NOT NULL,               -- what tells it from others: nobody has the same fact twice
    pinned     INTEGER NOT NULL DEFAULT FALSE,
    created_at INTEGER NOT NULL,
    UNIQUE (person, folded)
) STRICT;

ALTER TABLE person ADD COLUMN remembers INTEGER NOT NULL DEFAULT FALSE;  -- what begins with "remember that", unasked
