-- The bots that an admin has added in a chat, and those of the settings that an admin has stopped or started there.
CREATE TABLE bot (
    platform TEXT    NOT NULL,
    remote   TEXT    NOT NULL,            -- its own id there
    name     TEXT    NOT NULL,            -- as people there see it
    token    TEXT,                        -- sealed; NULL: the settings hold it
    stopped  INTEGER NOT NULL DEFAULT 0,  -- whether it is to stay still
    PRIMARY KEY (platform, remote)
) STRICT, WITHOUT ROWID;
