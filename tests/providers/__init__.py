"""What every provider promises, and the stand-in for the vendors that they are tested against."""
