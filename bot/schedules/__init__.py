"""Reminders and schedules: when they are due, what somebody meant by a time, and doing what is due exactly once."""
