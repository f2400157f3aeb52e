-- What admins have changed of the settings, as `bot.settings.changes` writes it. One row at most.
CREATE TABLE changed (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    content TEXT NOT NULL
) STRICT;
