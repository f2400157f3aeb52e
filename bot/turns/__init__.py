"""The turn's life: queued under the limits, what a model reads, who answers, what waits for a press, how it ends;
branches, steering, titles."""
