-- Bytes are announced here before they are put where they are kept, so that nothing lies there that has no row.
ALTER TABLE blob ADD COLUMN holds   bigint  NOT NULL DEFAULT 0;      -- announced, and not attached yet: so many
ALTER TABLE blob ADD COLUMN leaving boolean NOT NULL DEFAULT FALSE;  -- being removed: not announced until it is gone
