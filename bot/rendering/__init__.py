"""The model's Markdown into pages."""
