-- Each finds what refers to something that is deleted. Without them whole tables are walked through inside the only
-- writer: a session of 20,000 messages held up everybody's answers for nine seconds.
CREATE INDEX turn_of_session ON turn (session);
CREATE INDEX turn_of_parent ON turn (parent) WHERE parent IS NOT NULL;
CREATE INDEX session_owned ON session (owner) WHERE owner IS NOT NULL;
CREATE INDEX session_opened_at ON session (place);
CREATE INDEX active_session_of_session ON active_session (session);
CREATE INDEX active_child_of_child ON active_child (child);
CREATE INDEX attachment_brought_by ON attachment (person) WHERE person IS NOT NULL;
CREATE INDEX outbox_of_message ON outbox (message) WHERE message IS NOT NULL;
CREATE INDEX outbox_of_place ON outbox (place);
CREATE INDEX asked_of_person ON asked (person);
CREATE INDEX identity_of_chat ON identity (private_chat) WHERE private_chat IS NOT NULL;

-- The index is kept in few pieces by small steps of the housekeeping, see storage.search.
INSERT INTO word (word, rank) VALUES ('automerge', 0);
