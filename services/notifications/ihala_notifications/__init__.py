"""Everyone who must know is told, once, in their language, and it can be shown."""
