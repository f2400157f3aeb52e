-- Finds the versions beside a message, also of those that begin a session, however long it is.
DROP INDEX message_of_parent;
CREATE INDEX message_of_parent ON message (parent, session);
