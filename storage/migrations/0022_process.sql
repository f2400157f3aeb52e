-- The processes that work on these data, each under a random name. `beat` rises while one lives: whoever sees the same
-- beat for long enough removes its row. Whatever is held under a name that has none is free, leases among it, whose own
-- `beat` counts by now how often they changed hands. No clock is written down, for two machines may
-- differ about the time. With SQLite there is one process, which the data directory's lock keeps alone, and no row.
CREATE TABLE process (
    name TEXT PRIMARY KEY,
    -- Where it runs, for people.
    label TEXT NOT NULL,
    beat INTEGER NOT NULL DEFAULT 0,
    -- It is ending: it is given nothing more.
    leaving INTEGER NOT NULL DEFAULT 0,
    started_at INTEGER NOT NULL
) STRICT;
