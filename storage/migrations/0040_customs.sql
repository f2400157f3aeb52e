-- What the admins of a chat have chosen for it, or for a thread of it; NULL: as it is without that.
ALTER TABLE place ADD COLUMN own_mode TEXT;
ALTER TABLE place ADD COLUMN own_model TEXT;
ALTER TABLE place ADD COLUMN own_prompt TEXT;
ALTER TABLE place ADD COLUMN own_language TEXT;
