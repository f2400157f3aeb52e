"""Showing answers: previews while they grow, pages for good."""
