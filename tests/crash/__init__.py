"""The gateway as a process of its own, killed with SIGKILL at every point of a turn."""
