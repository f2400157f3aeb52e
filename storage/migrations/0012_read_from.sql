-- The first message that a model read for this answer: the next answer of its branch is read from there again, so that
-- its request begins with the same bytes. NULL for questions, and for answers that came in from elsewhere. Of an erased
-- message the number stays; then a new beginning is chosen.
ALTER TABLE message ADD COLUMN read_from INTEGER;
-- How many tokens of a session a model reads for this person at most; NULL for what the operator has set.
ALTER TABLE person ADD COLUMN context_tokens INTEGER;
