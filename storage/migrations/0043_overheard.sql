-- Whether what is said beside the bot is kept there for a while; NULL: as in the chat around, and there not.
ALTER TABLE place ADD COLUMN own_listens INTEGER;

DROP INDEX place_addressing;
-- What comes in is compared with these: each process reads all of them at once.
CREATE INDEX place_addressing ON place (platform, bot, chat, thread)
WHERE own_replies IS NOT NULL
   OR own_answers_all IS NOT NULL
   OR own_triggers IS NOT NULL
   OR own_listens IS NOT NULL;

-- What was said beside the bot, for a day at most. It belongs to no session, and nobody needs an account to be heard.
CREATE TABLE overheard (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    place     INTEGER NOT NULL REFERENCES place (id) ON DELETE CASCADE,
    platform  TEXT    NOT NULL,
    user_id   TEXT    NOT NULL,
    speaker   TEXT    NOT NULL,  -- their name, as it was then
    remote_id TEXT    NOT NULL,
    text      TEXT    NOT NULL,
    said_at   INTEGER NOT NULL,
    UNIQUE (place, remote_id)
) STRICT;

-- Finds one's own part.
CREATE INDEX overheard_of_user ON overheard (platform, user_id);
-- Finds what is too old.
CREATE INDEX overheard_said_at ON overheard (said_at);

-- Of whom nothing is kept that they say beside the bot. A salted hash: it outlives their account.
CREATE TABLE left_out (
    identity_hash TEXT    NOT NULL PRIMARY KEY,
    at            INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
