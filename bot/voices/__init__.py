"""Speech as voice messages: encoded by a separate process, which takes its memory along when it ends."""
