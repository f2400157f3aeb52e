-- Which process keeps a chat, where several share the database: it alone runs the turns that are asked there and sends
-- what is to be shown there, so that order and pace are kept as if there was one. It keeps it as long as it lives.
CREATE TABLE keeper (
    platform TEXT NOT NULL,
    bot TEXT NOT NULL,
    chat TEXT NOT NULL,
    process TEXT NOT NULL,
    PRIMARY KEY (platform, bot, chat)
) STRICT, WITHOUT ROWID;
-- How many each has.
CREATE INDEX keeper_of_process ON keeper (process);

-- Who has taken it in, and does it.
ALTER TABLE waiting ADD COLUMN process TEXT NOT NULL DEFAULT '';

-- A turn is run by a process, and free when that is none any more: `worker` says all.
ALTER TABLE turn DROP COLUMN lease_until;
