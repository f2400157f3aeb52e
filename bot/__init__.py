"""The engine of Parley and the program around it. Nothing here knows a platform, a vendor or SQL."""
