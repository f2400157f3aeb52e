"""Messages and commands coming in: kept before they are acknowledged, then queued or run."""
