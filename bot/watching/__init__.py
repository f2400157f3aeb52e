"""What the gateway depends on that can fail, and daily limits that run out; telling admins about it."""
