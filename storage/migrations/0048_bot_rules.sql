-- What holds for a bot alone that was added in a chat: the lines below [[bots]] of parley.toml; "" where nothing does.
ALTER TABLE bot ADD COLUMN rules TEXT NOT NULL DEFAULT '';
