"""Who runs the programs: one folder for each database, and only there may SQL be of one database alone."""
