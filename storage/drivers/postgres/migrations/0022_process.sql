-- The processes that work on these data, each under a random name. `beat` rises while one lives: whoever sees the same
-- beat for long enough removes its row. Whatever is held under a name that has none is free, leases among it, whose own
-- `beat` counts by now how often they changed hands. No clock is written down, for two machines may
-- differ about the time.
CREATE TABLE process (
    name TEXT COLLATE "C" PRIMARY KEY,
    -- Where it runs, for people.
    label TEXT COLLATE "C" NOT NULL,
    beat BIGINT NOT NULL DEFAULT 0,
    -- It is ending: it is given nothing more.
    leaving BOOLEAN NOT NULL DEFAULT FALSE,
    started_at BIGINT NOT NULL
);
