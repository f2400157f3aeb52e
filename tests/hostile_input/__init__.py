"""Input that lies: whatever comes from outside raises nothing past its border, and costs no more than its length."""
