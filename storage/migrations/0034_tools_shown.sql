-- What a person sees of the tools that models use: 'all', 'line', 'none'.
ALTER TABLE person ADD COLUMN tools_shown TEXT NOT NULL DEFAULT 'line';
