-- What is to be said, or asked, at a moment or again and again.
CREATE TABLE schedule (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    person     INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    place      INTEGER NOT NULL REFERENCES place (id) ON DELETE CASCADE,     -- where it was made, and is said
    session    INTEGER REFERENCES session (id) ON DELETE SET NULL,           -- where a question is asked
    platform   TEXT    NOT NULL,               -- with which of their accounts it was made: that, and
    user_id    TEXT    NOT NULL,
    groups     TEXT    NOT NULL DEFAULT '',    -- what that belonged to there, one a line
    asks       INTEGER NOT NULL,               -- whether a model is asked
    text       TEXT    NOT NULL,
    rule       TEXT    NOT NULL,               -- see bot.domain.schedules
    state      TEXT    NOT NULL,               -- 'offered', 'on', 'paused' or 'done'
    next_at    INTEGER,                        -- its next time, or its last one once it is done
    created_at INTEGER NOT NULL
) STRICT;

-- What is due, soonest first, without a look at what waits or has been done.
CREATE INDEX schedule_due ON schedule (next_at) WHERE state = 'on';

-- A person's list.
CREATE INDEX schedule_of_person ON schedule (person, id);

-- Lets a place and a session that are erased find theirs.
CREATE INDEX schedule_of_place ON schedule (place);

CREATE INDEX schedule_of_session ON schedule (session) WHERE session IS NOT NULL;
