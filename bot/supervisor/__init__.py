"""What runs beside the gateway for as long as it lives: housekeeping, the signals that end it."""
