"""What an operator runs beside the gateway."""
