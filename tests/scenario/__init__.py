"""Whole flows, through real clients, as the people in the chat see them."""
