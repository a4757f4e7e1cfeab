"""What events do to the registry, and what of the registry becomes events."""
