-- When the last part of a turn's message was said, by the platform's clock: what is said soon after it may be its next.
ALTER TABLE turn ADD COLUMN said_at BIGINT NOT NULL DEFAULT 0;
-- Whether lines that this person writes in a row are one message.
ALTER TABLE person ADD COLUMN joins_lines BOOLEAN NOT NULL DEFAULT FALSE;
