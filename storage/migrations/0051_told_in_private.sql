-- Whom one can write to in private, by their chats: with the person in the index, counting them reads no row.
DROP INDEX identity_of_chat;
CREATE INDEX identity_of_chat ON identity (private_chat, person) WHERE private_chat IS NOT NULL;
