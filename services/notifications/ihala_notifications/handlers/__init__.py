"""What events do here: projections first, then the telling, so that facts are never behind."""
