"""The admin page: who may see it, and what admins see and do there."""
