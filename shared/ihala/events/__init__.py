"""Events: what they look like, how they are kept, sent, received, set aside and read again."""
