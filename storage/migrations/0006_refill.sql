-- The weeks and months at whose start somebody's balance was looked at: each of them once, whatever clocks do.
CREATE TABLE refill (
    person INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    period TEXT    NOT NULL,                   -- "2026-W48", "2026-11"; see bot.settings.refill
    PRIMARY KEY (person, period)
) STRICT, WITHOUT ROWID;
