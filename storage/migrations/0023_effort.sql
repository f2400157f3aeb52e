-- How much models think before they answer: 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'; NULL: as the
-- person, the mode or the vendor sees fit.
ALTER TABLE session ADD COLUMN effort TEXT;
ALTER TABLE person ADD COLUMN effort TEXT;
