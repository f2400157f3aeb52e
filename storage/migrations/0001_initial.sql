-- All moments are milliseconds since 1970 UTC; all amounts are whole tokens.

CREATE TABLE person (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    role          TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    language      TEXT    NOT NULL DEFAULT '',
    time_zone     TEXT    NOT NULL DEFAULT '',  -- an IANA name; '': UTC
    default_mode  TEXT,
    default_model TEXT,
    system_prompt TEXT,
    temperature   REAL,
    context_messages INTEGER,                  -- NULL: the operator's number
    streaming     INTEGER NOT NULL DEFAULT 1,  -- whether answers are shown as they grow
    rich          TEXT,                        -- 'auto', 'always', 'never'; NULL: as the operator set it
    told_at       INTEGER NOT NULL DEFAULT 0,  -- when they were last told that they are not heard
    email         TEXT,                        -- verified
    created_at    INTEGER NOT NULL
) STRICT;

-- One address belongs to one account.
CREATE UNIQUE INDEX person_of_email ON person (email) WHERE email IS NOT NULL;

CREATE TABLE identity (
    platform     TEXT    NOT NULL,
    user_id      TEXT    NOT NULL,
    person       INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    private_chat INTEGER REFERENCES place (id),  -- where this person can be told something in private
    own_role     TEXT,                           -- what it was before its account was joined to another
    PRIMARY KEY (platform, user_id)
) STRICT, WITHOUT ROWID;

-- Finds where an admin can be reached.
CREATE INDEX identity_of_person ON identity (person);

CREATE TABLE consent (
    person INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    mode   TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (person, mode)
) STRICT, WITHOUT ROWID;

CREATE TABLE invite (
    code_hash  TEXT    PRIMARY KEY,            -- SHA-256: the file alone lets nobody in
    role       TEXT    NOT NULL,
    uses_left  INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A code that proves that two accounts, or an account and an address, belong together.
CREATE TABLE link_code (
    code_hash  TEXT    PRIMARY KEY,            -- SHA-256
    person     INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    email      TEXT    NOT NULL DEFAULT '',    -- where it was sent; '': shown in the chat
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX link_code_of_person ON link_code (person);

-- Codes that were guessed wrongly, and those that were asked for by mail: both only so often.
CREATE TABLE code_event (
    id     INTEGER PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    kind   TEXT    NOT NULL,                   -- 'wrong' or 'mailed'
    at     INTEGER NOT NULL
) STRICT;

CREATE INDEX code_event_of_person ON code_event (person, kind, at);

-- Who has had their welcome and was erased since: nobody gathers tokens by coming anew. A salted hash, nothing else.
CREATE TABLE welcomed (
    identity_hash TEXT PRIMARY KEY,
    at            INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE salt (
    value TEXT NOT NULL
) STRICT;

INSERT INTO salt VALUES (hex(randomblob(16)));

CREATE TABLE place (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    platform TEXT    NOT NULL,
    bot      TEXT    NOT NULL,
    chat     TEXT    NOT NULL,
    thread   TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    title    TEXT    NOT NULL DEFAULT '',
    session  INTEGER REFERENCES session (id) ON DELETE SET NULL,  -- the one that is open here
    heard_to TEXT,                             -- the platform message up to which all that was said here is kept
    rich_refused_at INTEGER,                   -- when a page in the platform's richer form was last refused here
    UNIQUE (platform, bot, chat, thread)
) STRICT;

-- Finds where a session is open.
CREATE INDEX place_of_session ON place (session);

-- What a front-end notes down for itself: how far it has heard, and what it knew then.
CREATE TABLE bookmark (
    platform TEXT NOT NULL,
    bot      TEXT NOT NULL,
    name     TEXT NOT NULL,
    text     TEXT NOT NULL,
    PRIMARY KEY (platform, bot, name)
) STRICT, WITHOUT ROWID;

-- What vendors are paid for models; only where the operator has set a limit for that.
CREATE TABLE spending (
    id       INTEGER PRIMARY KEY,
    model    TEXT    NOT NULL,
    microusd INTEGER NOT NULL,                 -- the most it can be until it is settled
    settled  INTEGER NOT NULL DEFAULT 0,
    at       INTEGER NOT NULL
) STRICT;

CREATE INDEX spending_at ON spending (at, microusd);

CREATE TABLE folder (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    owner      INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (owner, name)
) STRICT;

CREATE TABLE session (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    owner         INTEGER REFERENCES person (id) ON DELETE CASCADE,  -- NULL: it belongs to the place
    place         INTEGER NOT NULL REFERENCES place (id),            -- where it was opened
    title         TEXT    NOT NULL,
    title_by      TEXT    NOT NULL,
    mode          TEXT    NOT NULL,
    model         TEXT,
    system_prompt TEXT,
    temperature   REAL,
    folder        INTEGER REFERENCES folder (id) ON DELETE SET NULL,
    tip           INTEGER,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    deleted_at    INTEGER,
    indexed_title TEXT                         -- the title that is in the index
) STRICT;

-- What the index lacks.
CREATE INDEX session_unindexed ON session (id) WHERE indexed_title IS NOT title;

CREATE INDEX session_of_folder ON session (folder) WHERE folder IS NOT NULL;

-- A person's list of sessions, newest first, without reading the deleted ones.
CREATE INDEX session_of_owner ON session (owner, updated_at) WHERE deleted_at IS NULL;

-- The same for what belongs to a place.
CREATE INDEX session_of_place ON session (place, updated_at) WHERE deleted_at IS NULL AND owner IS NULL;

-- What the undo time has run out for.
CREATE INDEX session_deleted ON session (deleted_at) WHERE deleted_at IS NOT NULL;

-- Which session each mode last had open at a place.
CREATE TABLE active_session (
    place   INTEGER NOT NULL REFERENCES place (id) ON DELETE CASCADE,
    mode    TEXT    NOT NULL,
    session INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    PRIMARY KEY (place, mode)
) STRICT, WITHOUT ROWID;

CREATE TABLE message (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    session    INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    -- Only whole branches are erased. A cascade would follow a long one deeper than SQLite allows.
    parent     INTEGER REFERENCES message (id) DEFERRABLE INITIALLY DEFERRED,
    author     TEXT    NOT NULL,
    parts      TEXT    NOT NULL,               -- JSON, see storage.messages
    model      TEXT    NOT NULL DEFAULT '',
    finish     TEXT    NOT NULL DEFAULT '',    -- why an answer ended
    speaker    TEXT    NOT NULL DEFAULT '',
    indexed    INTEGER NOT NULL DEFAULT 0,     -- whether its words are in the index
    forgotten_at INTEGER,                      -- with all that hangs below it: out of context and history, erased later
    created_at INTEGER NOT NULL
) STRICT;

-- Finds what hangs below a message.
CREATE INDEX message_of_parent ON message (parent);

-- What the index lacks.
CREATE INDEX message_unindexed ON message (id) WHERE indexed = 0;

-- What the undo time of /forget has run out for.
CREATE INDEX message_forgotten ON message (forgotten_at) WHERE forgotten_at IS NOT NULL;

-- Lets a session's deletion find its messages.
CREATE INDEX message_of_session ON message (session, id);

-- Where words stand, see storage.search. Row 2n is message n, row 2n + 1 the title of session n. The words come folded.
CREATE VIRTUAL TABLE word USING fts5 (
    words, content = '', tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* S* Co'"
);

-- Bytes that are kept on disk under their SHA-256, see storage.blobs.
CREATE TABLE blob (
    sha256     TEXT    PRIMARY KEY,
    size_bytes INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The files of messages.
CREATE TABLE attachment (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    message    INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    number     INTEGER NOT NULL,               -- which of the message's files, from 0
    session    INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    person     INTEGER REFERENCES person (id) ON DELETE SET NULL,  -- in whose quota it counts; NULL: its bytes may go
    name       TEXT    NOT NULL,
    kind       TEXT    NOT NULL DEFAULT '',    -- what it is, from its content; '': nobody has looked yet
    media_type TEXT    NOT NULL,
    size_bytes INTEGER,
    sha256     TEXT,                           -- NULL: it is still with the platform, or was refused
    state      TEXT    NOT NULL,               -- 'waiting', 'kept', 'read' or 'refused'
    problem    TEXT    NOT NULL DEFAULT '',    -- JSON: the sentence that says why it was refused, and its values
    created_at INTEGER NOT NULL,
    UNIQUE (message, number)
) STRICT;

CREATE INDEX attachment_of_session ON attachment (session, id);

-- Who still uses bytes, and who had them last.
CREATE INDEX attachment_of_bytes ON attachment (sha256) WHERE sha256 IS NOT NULL;

-- A person's quota, oldest first.
CREATE INDEX attachment_of_person ON attachment (person, id) WHERE sha256 IS NOT NULL;

-- What was read of bytes: once, whoever sends them again.
CREATE TABLE document (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256     TEXT    NOT NULL UNIQUE,
    pages      INTEGER NOT NULL,               -- how many it has
    most       INTEGER NOT NULL,               -- how many of them were to be read
    complete   INTEGER NOT NULL DEFAULT 0,     -- whether they have been
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE document_page (
    document   INTEGER NOT NULL REFERENCES document (id) ON DELETE CASCADE,
    number     INTEGER NOT NULL,               -- from 1
    text       TEXT    NOT NULL,
    method     TEXT    NOT NULL,               -- 'text', 'local', or the model that read it
    confidence REAL,                           -- 0 to 1; NULL: the method does not tell
    PRIMARY KEY (document, number)
) STRICT, WITHOUT ROWID;

-- Pieces of pages, as they are found and shown to models.
CREATE TABLE passage (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    document INTEGER NOT NULL REFERENCES document (id) ON DELETE CASCADE,
    page     INTEGER NOT NULL,
    begins   INTEGER NOT NULL,                 -- in code points of the page's text
    ends     INTEGER NOT NULL
) STRICT;

CREATE INDEX passage_of_document ON passage (document, page, begins);

-- Where words stand in passages; each word behind the mark of its document, as in `word`.
CREATE VIRTUAL TABLE passage_word USING fts5 (
    words, content = '', tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* S* Co'"
);

-- Which branch was last open below a fork.
CREATE TABLE active_child (
    message INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    child   INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE
) STRICT;

-- Which platform message shows which message: leads replies, edits and deletions back.
CREATE TABLE shown (
    platform  TEXT    NOT NULL,
    bot       TEXT    NOT NULL,
    chat      TEXT    NOT NULL,
    remote_id TEXT    NOT NULL,
    page      INTEGER NOT NULL,
    message   INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    PRIMARY KEY (platform, bot, chat, remote_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX shown_of_message ON shown (message);

CREATE TABLE turn (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    session        INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    place          INTEGER NOT NULL REFERENCES place (id),
    payer          INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    question       INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    answer         INTEGER REFERENCES message (id) ON DELETE SET NULL,
    state          TEXT    NOT NULL,
    hang           TEXT    NOT NULL,           -- where the question hangs: 'tip', 'parent', or 'hung' when it does
    parent         INTEGER REFERENCES message (id) ON DELETE SET NULL,
    model          TEXT,
    attempt        INTEGER NOT NULL DEFAULT 0,
    reserved       INTEGER NOT NULL,
    reply_to       TEXT,
    preview        TEXT,
    grounded       INTEGER NOT NULL DEFAULT 0, -- strictly from the session's documents
    album          TEXT,
    joint          TEXT,                       -- what parts the text from more of it that may follow; NULL: nothing will
    run_after      INTEGER NOT NULL,
    stop_requested INTEGER NOT NULL DEFAULT 0,
    worker         TEXT,
    lease_until    INTEGER,
    reference      TEXT,                       -- what the person was told to quote when it failed
    created_at     INTEGER NOT NULL,
    ended_at       INTEGER
) STRICT;

-- Forbids two running turns in one session, whatever the program does.
CREATE UNIQUE INDEX turn_running ON turn (session) WHERE state = 'running';

-- Finds the turns of a message: whose answer it is, and which end with it.
CREATE INDEX turn_of_question ON turn (question);
CREATE INDEX turn_of_answer ON turn (answer) WHERE answer IS NOT NULL;

-- Finds the next turn of a session.
CREATE INDEX turn_open ON turn (session, id) WHERE state IN ('queued', 'running', 'answered');

-- Counts a person's requests of the last minute.
CREATE INDEX turn_of_payer ON turn (payer, created_at);

-- The same for a chat; and finds what still belongs to a place.
CREATE INDEX turn_of_place ON turn (place, created_at);

CREATE TABLE ledger (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    person     INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    turn       INTEGER,
    kind       TEXT    NOT NULL,
    amount     INTEGER NOT NULL,
    balance    INTEGER NOT NULL,               -- after this entry: the sum so far
    cause      TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Finds the balance (the last entry) and the history.
CREATE INDEX ledger_of_person ON ledger (person, id);

-- Sums up what a day has cost.
CREATE INDEX ledger_of_turns ON ledger (created_at, amount) WHERE turn IS NOT NULL;

-- Forbids that a turn is charged or refunded twice.
CREATE UNIQUE INDEX ledger_once ON ledger (turn, kind) WHERE turn IS NOT NULL;

-- Forbids that a reservation is both settled and released.
CREATE UNIQUE INDEX ledger_closed_once ON ledger (turn) WHERE kind IN ('settle', 'release');

-- People's own API endpoints. Keys are sealed, see bot.vault; the tail is all that is ever shown.
CREATE TABLE endpoint (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    owner      INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    name       TEXT    NOT NULL,
    base_url   TEXT    NOT NULL,
    sealed_key TEXT    NOT NULL,
    key_tail   TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (owner, name)
) STRICT;

CREATE TABLE own_model (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint    INTEGER NOT NULL REFERENCES endpoint (id) ON DELETE CASCADE,
    name        TEXT    NOT NULL,
    temperature REAL,
    max_tokens  INTEGER,
    UNIQUE (endpoint, name)
) STRICT;

-- What is still to be shown. A row is deleted once its page is there.
CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    place      INTEGER NOT NULL REFERENCES place (id),
    turn       INTEGER REFERENCES turn (id) ON DELETE CASCADE,
    message    INTEGER REFERENCES message (id) ON DELETE CASCADE,
    page       INTEGER NOT NULL,
    content    TEXT    NOT NULL,               -- JSON, see bot.blocks.page_to_data
    state      TEXT    NOT NULL,               -- 'queued' or 'sending'
    remote_id  TEXT,                           -- the message to edit; NULL: a new one
    reply_to   TEXT,
    receipt    TEXT    NOT NULL DEFAULT '',
    private    INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX outbox_of_turn ON outbox (turn);

-- Every event that has been dealt with: a second delivery of it is dropped.
CREATE TABLE seen (
    platform  TEXT    NOT NULL,
    bot       TEXT    NOT NULL,
    event_key TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (platform, bot, event_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX seen_by_age ON seen (at);

-- What a platform sent and nobody could read.
CREATE TABLE dead_letter (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    platform  TEXT    NOT NULL,
    bot       TEXT    NOT NULL,
    event_key TEXT    NOT NULL,
    raw       TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    at        INTEGER NOT NULL
) STRICT;

-- A question of a form that waits for its answer as the person's next message.
CREATE TABLE asked (
    place   INTEGER NOT NULL REFERENCES place (id) ON DELETE CASCADE,
    person  INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    command TEXT    NOT NULL,
    args    TEXT    NOT NULL,                  -- JSON: what has been answered so far
    fields  TEXT    NOT NULL,                  -- JSON: the questions that are left, the open one first
    at      INTEGER NOT NULL,
    PRIMARY KEY (place, person)
) STRICT, WITHOUT ROWID;
