-- A role that follows from the settings is not kept: it ends when they change. Whether somebody has had their welcome is.
ALTER TABLE person ADD COLUMN welcomed INTEGER NOT NULL DEFAULT 0;

UPDATE person SET welcomed = 1 WHERE EXISTS (SELECT 1 FROM ledger WHERE ledger.person = person.id);
