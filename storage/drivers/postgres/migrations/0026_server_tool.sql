-- What servers of tools say that they have, and which of it somebody has seen and trusts: only that is offered.
CREATE TABLE server_tool (
    server TEXT COLLATE "C" NOT NULL,  -- its name in parley.toml; "own/" and a number for a person's own
    name TEXT COLLATE "C" NOT NULL,
    said TEXT COLLATE "C" NOT NULL,  -- in its server's words; '': the server has it no longer
    trusted TEXT COLLATE "C" NOT NULL,  -- the same, as it was trusted; '': it never was
    PRIMARY KEY (server, name)
);
