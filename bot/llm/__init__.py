"""Which model answers, hears, reads aloud or searches, how much fits, what it costs; people's own endpoints."""
