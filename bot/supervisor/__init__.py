"""What runs beside the gateway for as long as it lives: receiving, housekeeping, the signals that end it."""
