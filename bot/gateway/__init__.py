"""The gateway without its surroundings: takes what platforms bring in, runs turns, sees answers out."""
