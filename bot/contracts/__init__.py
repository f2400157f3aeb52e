"""What a platform, a provider and a command must be."""
