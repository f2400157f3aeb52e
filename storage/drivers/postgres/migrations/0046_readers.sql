-- Whom alone a page concerns: the platform's id of the user; '' where it is for everybody in its place.
ALTER TABLE outbox ADD COLUMN reader TEXT NOT NULL DEFAULT '';
