"""The turn's life: queued under the limits, what a model reads (window, summaries, memory), who answers, what waits for
a decision or a form, how it ends; branches, steering, sources, titles, reading aloud."""
