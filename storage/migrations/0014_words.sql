-- The words of today: where a question is attached; what separates a text from more of it that may follow.
ALTER TABLE turn RENAME COLUMN hang TO attach;
UPDATE turn SET attach = 'attached' WHERE attach = 'hung';
ALTER TABLE turn RENAME COLUMN joint TO separator;
ALTER TABLE piece RENAME COLUMN joint TO separator;
