-- Pages that a platform took in no form: kept for a while, so that an admin can have them sent again.
CREATE TABLE given_up (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    place   INTEGER NOT NULL REFERENCES place (id) ON DELETE CASCADE,
    turn    INTEGER REFERENCES turn (id) ON DELETE CASCADE,
    message INTEGER REFERENCES message (id) ON DELETE CASCADE,
    person  INTEGER REFERENCES person (id) ON DELETE CASCADE,
    page    INTEGER NOT NULL,                  -- its number within the answer
    content TEXT    NOT NULL,                  -- JSON, as in the outbox
    reason  TEXT    NOT NULL,                  -- 'unreachable' or 'rejected'
    at      INTEGER NOT NULL
) STRICT;

-- Finds them by their chat, and when what they belong to is erased.
CREATE INDEX given_up_of_place ON given_up (place);
CREATE INDEX given_up_of_turn ON given_up (turn) WHERE turn IS NOT NULL;
CREATE INDEX given_up_of_message ON given_up (message) WHERE message IS NOT NULL;
CREATE INDEX given_up_of_person ON given_up (person) WHERE person IS NOT NULL;

-- Finds whether admins were told of any place lately.
CREATE INDEX place_told ON place (told_at) WHERE told_at > 0;
