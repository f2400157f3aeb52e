"""Who someone is, what they may reach, what they have left; sending mail."""
