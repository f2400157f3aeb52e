-- What a send is named after: a random part that no other life of these data shares, so that no platform takes a page
-- of one for a page of another.
CREATE TABLE life (
    name TEXT NOT NULL
) STRICT;

INSERT INTO life VALUES (lower(hex(randomblob(5))));

-- Where what belongs to a thread is said, because the thread could not be opened.
ALTER TABLE place ADD COLUMN stand_in INTEGER REFERENCES place (id) ON DELETE SET NULL;

CREATE INDEX place_of_stand_in ON place (stand_in) WHERE stand_in IS NOT NULL;

-- When admins were last told that something could not be shown here.
ALTER TABLE place ADD COLUMN told_at INTEGER NOT NULL DEFAULT 0;

-- For whom a page is, where no turn says so.
ALTER TABLE outbox ADD COLUMN person INTEGER REFERENCES person (id) ON DELETE CASCADE;

CREATE INDEX outbox_of_person ON outbox (person) WHERE person IS NOT NULL;

-- The command that a turn answers, where the platform answers commands in a way of its own.
ALTER TABLE turn ADD COLUMN receipt TEXT NOT NULL DEFAULT '';
