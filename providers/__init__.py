"""Where answers come from. Each module speaks one wire format; each is imported when a model first needs it."""
