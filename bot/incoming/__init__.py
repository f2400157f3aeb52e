"""Messages and commands coming in."""
