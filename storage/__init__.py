"""Everything that is kept. One function is one query or one transaction; SQL is nowhere else."""
