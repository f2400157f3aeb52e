"""What an operator runs beside the gateway: the command line, doctor, backup, restore, migrate, move, this manual."""
