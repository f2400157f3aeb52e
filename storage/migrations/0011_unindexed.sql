-- Finds what the index lacks. The condition is one that every database reads alike.
DROP INDEX message_unindexed;
CREATE INDEX message_unindexed ON message (id) WHERE NOT indexed;
