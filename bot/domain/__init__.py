"""The nouns: frozen values, ids, errors, the clock. Standard library only."""
