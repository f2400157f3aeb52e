"""What the gateway depends on that can fail, and telling admins about it."""
