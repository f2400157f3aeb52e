"""Where a login at a server of tools leads, below the address by which people reach the gateway."""

PATH = "/login"
"""The page on which a login ends."""
DOCUMENT = "/login/client.json"
"""What says who we are to servers that look: its address is our name there."""
NAME = "Parley"
