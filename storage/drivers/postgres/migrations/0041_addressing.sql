-- What the admins of a chat, or of a thread of it, have chosen about who is answered there; NULL: as it is without that.
-- Where a question is answered: "threads" or "channel".
ALTER TABLE place ADD COLUMN own_replies TEXT COLLATE "C";
-- Whether every message is answered, or only those that name the bot.
ALTER TABLE place ADD COLUMN own_answers_all BOOLEAN;
-- The words that name it there as well, one a line; "" for none.
ALTER TABLE place ADD COLUMN own_triggers TEXT COLLATE "C";
-- What comes in is compared with these: each process reads all of them at once.
CREATE INDEX place_addressing ON place (platform, bot, chat, thread)
WHERE own_replies IS NOT NULL
   OR own_answers_all IS NOT NULL
   OR own_triggers IS NOT NULL;
