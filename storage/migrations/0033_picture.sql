-- The picture that is wanted, see bot.domain.pictures; '': words.
ALTER TABLE turn ADD COLUMN picture TEXT NOT NULL DEFAULT '';
