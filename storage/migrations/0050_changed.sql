-- What admins have changed of the settings, as `bot.settings.changes` writes it. One row at most: 1.
CREATE TABLE changed (
    id      INTEGER PRIMARY KEY,
    content TEXT NOT NULL
) STRICT;
