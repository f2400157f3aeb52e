-- How answers are shown to this person while they are being written: 'drafts', 'edits', 'off'; NULL: as the operator set
-- it. Until now it was whether they are shown at all.
ALTER TABLE person ADD COLUMN previews TEXT COLLATE "C";
UPDATE person SET previews = 'off' WHERE NOT streaming;
ALTER TABLE person DROP COLUMN streaming;
