"""Speech: encoded, read aloud and written down by separate processes, which take their memory along when they end."""
