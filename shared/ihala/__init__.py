"""The small library that the three services share: events, the edge, storage and work."""
