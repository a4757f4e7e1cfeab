"""Who offers which health and protection services where, and with what capacity."""
