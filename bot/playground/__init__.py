"""Local stand-ins for the two platforms, and the page that shows them."""
