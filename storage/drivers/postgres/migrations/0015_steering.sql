-- Who wants a question of theirs answered next lifts it above those that wait: the higher, the sooner.
ALTER TABLE turn ADD COLUMN urgency BIGINT NOT NULL DEFAULT 0;
-- What becomes of what this person writes while an answer of theirs is being written: 'wait', 'now', 'add'.
ALTER TABLE person ADD COLUMN steering TEXT COLLATE "C" NOT NULL DEFAULT 'wait';
