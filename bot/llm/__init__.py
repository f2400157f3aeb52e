"""Which model answers, how much fits, what it costs, people's own endpoints."""
