"""What an operator runs beside the gateway: doctor, backup, restore, this manual."""
