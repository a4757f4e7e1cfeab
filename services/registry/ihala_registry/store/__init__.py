"""Where the registry keeps what it knows: MongoDB, one file per collection."""
