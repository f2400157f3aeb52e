"""Showing answers: previews while they grow, pages for good, the next best form of what is refused."""
