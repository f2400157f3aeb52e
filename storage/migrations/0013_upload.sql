-- Pages on which somebody may hand over one file that is too large for the chat.
CREATE TABLE upload (
    token_hash TEXT    PRIMARY KEY,            -- SHA-256: the file alone opens no page
    person     INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    said       TEXT    NOT NULL,               -- JSON: the command that the file is for
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX upload_of_person ON upload (person);
