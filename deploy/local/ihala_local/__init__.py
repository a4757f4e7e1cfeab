"""The embedded stack: the whole system on one machine, with real parts and sample data."""
