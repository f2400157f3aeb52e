"""Over HTTP: kept files, health and figures."""
