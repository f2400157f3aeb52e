-- The platforms that did not take a page, by name, separated by spaces: it does not go back there.
ALTER TABLE outbox ADD COLUMN refused_by TEXT NOT NULL DEFAULT '';
