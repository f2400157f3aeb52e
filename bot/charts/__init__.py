"""Figures as pictures: drawn by a process of its own, which takes its memory along when it ends."""
