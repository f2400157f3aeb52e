-- Among several people: who began a session, and who deleted or forgot what, so that only they take it back.
-- Without a reference, for what is kept for minutes: accounts' numbers are never given twice.
ALTER TABLE session ADD COLUMN begun_by INTEGER REFERENCES person (id) ON DELETE SET NULL;
ALTER TABLE session ADD COLUMN deleted_by INTEGER;
ALTER TABLE message ADD COLUMN forgotten_by INTEGER;

-- The first to ask there.
UPDATE session SET begun_by = COALESCE(owner, (SELECT payer FROM turn WHERE turn.session = session.id ORDER BY id LIMIT 1));

CREATE INDEX session_of_beginner ON session (begun_by);
