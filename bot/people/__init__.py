"""Who somebody is, what they may reach, how accounts are joined."""
