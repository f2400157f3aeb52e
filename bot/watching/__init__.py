"""What the gateway needs and can fail, and telling admins about it."""
