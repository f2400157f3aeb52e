"""Programs of ours kept warm: what their jobs need is imported once, and each job is a process forked from that."""
