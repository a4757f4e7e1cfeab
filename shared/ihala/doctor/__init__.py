"""The doctor: looks at everything that an operator can get wrong, and says what to do about it."""
