"""What the gateway needs and can fail, and who is told of it."""
