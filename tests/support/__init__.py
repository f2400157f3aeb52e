"""What tests share: people's clients, the house they talk to, clocks, files, browsers."""
