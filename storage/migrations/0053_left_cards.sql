-- The cards of a turn that were answered in writing: they stay where they are, and what follows is another message.
ALTER TABLE turn ADD COLUMN left_cards INTEGER NOT NULL DEFAULT 0;
