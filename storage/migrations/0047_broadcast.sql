-- What an admin tells many people at once.
CREATE TABLE broadcast (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    admin    INTEGER REFERENCES person (id) ON DELETE SET NULL,  -- who wrote it
    text     TEXT    NOT NULL,                 -- Markdown
    role     TEXT    NOT NULL,                 -- to whom: 'member' or 'admin'; '': to both
    platform TEXT    NOT NULL,                 -- where; '': on any
    bot      TEXT    NOT NULL,                 -- by which; '': by any
    state    TEXT    NOT NULL,                 -- 'draft', 'going', 'stopped' or 'done'
    people   INTEGER NOT NULL DEFAULT 0,       -- for how many it was when it began
    reached  INTEGER NOT NULL DEFAULT 0,       -- how many have it
    come_to  INTEGER NOT NULL DEFAULT 0,       -- the last person that it has come to
    newest   INTEGER NOT NULL DEFAULT 0,       -- the newest person when it began
    made_at  INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;

CREATE INDEX broadcast_of_admin ON broadcast (admin) WHERE admin IS NOT NULL;
-- Finds what is to go on.
CREATE INDEX broadcast_going ON broadcast (id) WHERE state = 'going';

-- Whom one did not reach.
CREATE TABLE missed (
    broadcast INTEGER NOT NULL REFERENCES broadcast (id) ON DELETE CASCADE,
    person    INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    reason    TEXT    NOT NULL,                -- see storage.broadcasts.Miss
    PRIMARY KEY (broadcast, person)
) STRICT, WITHOUT ROWID;

CREATE INDEX missed_of_person ON missed (person);

ALTER TABLE outbox ADD COLUMN broadcast INTEGER REFERENCES broadcast (id) ON DELETE CASCADE;
CREATE INDEX outbox_of_broadcast ON outbox (broadcast) WHERE broadcast IS NOT NULL;

ALTER TABLE person ADD COLUMN broadcasts INTEGER NOT NULL DEFAULT TRUE;  -- whether they want any
