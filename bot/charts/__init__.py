"""Figures as pictures: drawn by a separate process, which takes its memory along when it ends."""
