"""The turn's life: what a model reads, who answers, how it ends; branches, titles."""
