"""Where notifications are kept: one file per collection."""
