"""A person's need, put to one facility after another until somebody takes it up."""
