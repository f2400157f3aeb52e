"""Programs on PostgreSQL: a server, which may be on another machine. Nothing of it is imported unless it is chosen."""
