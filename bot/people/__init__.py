"""Who someone is, what they may reach, what they have left and have used; joining accounts; what admins do to people;
sending mail."""
