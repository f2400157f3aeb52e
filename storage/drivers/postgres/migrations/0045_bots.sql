-- The bots that an admin has added in a chat, and those of the settings that an admin has stopped or started there.
CREATE TABLE bot (
    platform TEXT COLLATE "C" NOT NULL,
    remote TEXT COLLATE "C" NOT NULL,  -- its own id there
    name TEXT COLLATE "C" NOT NULL,  -- as people there see it
    token TEXT COLLATE "C",  -- sealed; NULL: the settings hold it
    stopped BOOLEAN NOT NULL DEFAULT FALSE,  -- whether it is to stay still
    PRIMARY KEY (platform, remote)
);
