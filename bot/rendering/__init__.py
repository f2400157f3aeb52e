"""The model's Markdown into blocks, and blocks into pages under a platform's limit."""
