"""What reacts to people: the commands, and one front-end for each platform."""
