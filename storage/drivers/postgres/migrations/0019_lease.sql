-- What one process alone may do, such as asking a platform for what people say. `holder` is a random name, and `beat`
-- rises while it lives: whoever sees the same beat for long enough takes over. No clock is written down, for two
-- machines may differ about the time.
CREATE TABLE lease (
    name TEXT COLLATE "C" PRIMARY KEY,
    holder TEXT COLLATE "C" NOT NULL,
    beat BIGINT NOT NULL
);
