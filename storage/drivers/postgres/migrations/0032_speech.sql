-- When answers to somebody are read aloud as well: 'off', 'spoken' (to who has spoken) or 'always'.
ALTER TABLE person ADD COLUMN read_aloud TEXT COLLATE "C" NOT NULL DEFAULT 'spoken';

-- Answers that are to be read aloud, until their recordings wait in the outbox.
CREATE TABLE speech (
    turn BIGINT PRIMARY KEY REFERENCES turn (id) ON DELETE CASCADE,
    whole BOOLEAN NOT NULL,  -- false: the beginning
    created_at BIGINT NOT NULL
);
