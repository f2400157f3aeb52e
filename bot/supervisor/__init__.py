"""What runs beside the gateway as long as it lives: receiving, housekeeping, the signals that end it."""
