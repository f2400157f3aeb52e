"""What runs beside the gateway as long as it lives: receiving, the links printed at the start, being one
of several processes, housekeeping, the signals that end it."""
