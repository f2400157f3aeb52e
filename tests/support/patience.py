"""How long a test waits for what must come. Reached only by one that fails, so no machine may be as slow as that."""

PATIENCE_S = 60.0
