"""The gateway beside the bot one would write without it, against the same stand-ins: `make bench`."""
