-- Finds whose message one is that was pressed, however many turns of its place are over.
CREATE INDEX turn_of_preview ON turn (place, preview) WHERE preview IS NOT NULL;
