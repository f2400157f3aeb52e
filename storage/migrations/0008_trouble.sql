-- What the admins were told of that the gateway needs and that failed.
CREATE TABLE trouble (
    name TEXT PRIMARY KEY,
    -- How often it was told lately: one that comes and goes is told ever more seldom.
    times INTEGER NOT NULL,
    -- NULL: they were not told yet that it is well again.
    ended_at INTEGER
) STRICT;
