-- What each answer has used, in its model's tokens: it outlives the answer, so that what was used does not change.
CREATE TABLE usage (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    person        INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,  -- who asked
    model         TEXT    NOT NULL,
    input_tokens  INTEGER NOT NULL,            -- all that was read
    cached_tokens INTEGER NOT NULL,            -- of those, from the vendor's cache
    output_tokens INTEGER NOT NULL,
    microusd      INTEGER,                     -- what the operator pays for it by its list price; NULL: nobody knows
    at            INTEGER NOT NULL
) STRICT;

-- Sums up what somebody has used since a moment.
CREATE INDEX usage_of_person ON usage (person, at);

-- The same for everyone.
CREATE INDEX usage_at ON usage (at);
