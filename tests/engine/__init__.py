"""Parts of the engine that a scenario would only show slowly."""
