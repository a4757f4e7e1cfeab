"""Events in, one function each, and events out."""
