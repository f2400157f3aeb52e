"""Programs on SQLite, the default: one file, one process."""
