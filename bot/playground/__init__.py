"""The page and the demo: the gateway at work against the stand-ins."""
