-- What admins did, from a chat or on the page: it stays when who did it, or whom it was done to, is erased.
CREATE TABLE act (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    kind   TEXT    NOT NULL,
    admin  INTEGER REFERENCES person (id) ON DELETE SET NULL,  -- who did it; NULL: erased since
    whom   INTEGER REFERENCES person (id) ON DELETE SET NULL,  -- to whom; NULL: nobody, or erased since
    amount INTEGER,                                            -- of tokens, or of people
    note   TEXT    NOT NULL DEFAULT '',
    page   INTEGER NOT NULL,                                   -- on the page, not in a chat
    at     INTEGER NOT NULL
) STRICT;

-- Finds what has to be cleared when a person is erased.
CREATE INDEX act_of_admin ON act (admin);
CREATE INDEX act_of_whom ON act (whom);

-- Who may look at the admin page: a link that has not been opened yet, or a browser that is logged in.
CREATE TABLE page_key (
    hash       TEXT    PRIMARY KEY,            -- SHA-256: the file alone lets nobody in
    kind       TEXT    NOT NULL,               -- 'link', 'session'
    person     INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Finds them when a person is erased.
CREATE INDEX page_key_of_person ON page_key (person);
