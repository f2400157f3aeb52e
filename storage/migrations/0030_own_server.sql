-- People's own servers of tools, reached over HTTP. What a login or a key gives is sealed with the gateway's secret.
CREATE TABLE own_server (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: what is kept of its tools has it in its name
    owner      INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    name       TEXT    NOT NULL,
    url        TEXT    NOT NULL,
    login      TEXT    NOT NULL,  -- sealed; '': none
    begun      TEXT    NOT NULL,  -- a login that its owner has begun, sealed; '': none
    created_at INTEGER NOT NULL,
    UNIQUE (owner, name)
) STRICT;
