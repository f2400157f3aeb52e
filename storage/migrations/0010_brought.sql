-- Sessions that somebody has brought along from elsewhere: whoever brings the same conversation again finds it here.
CREATE TABLE brought (
    session      INTEGER PRIMARY KEY REFERENCES session (id) ON DELETE CASCADE,
    origin       TEXT    NOT NULL,             -- which conversation of which product, 'chatgpt/…'
    tip          INTEGER,                      -- the message that its open branch ended in when it was last brought
    instructions TEXT    NOT NULL DEFAULT '',  -- what its owner had told the model there about themselves
    at           INTEGER NOT NULL              -- of the bringing that it first came with
) STRICT;

CREATE INDEX brought_of_origin ON brought (origin);

-- Finds what one bringing brought, for the question that follows it.
CREATE INDEX brought_at ON brought (at);

-- Which of its messages have been brought, erased ones included: those do not come again.
CREATE TABLE brought_message (
    session INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    key     TEXT    NOT NULL,                  -- the message's name in the export
    message INTEGER NOT NULL,                  -- perhaps erased since
    PRIMARY KEY (session, key)
) STRICT, WITHOUT ROWID;
