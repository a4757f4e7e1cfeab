"""What the service can do: one function per verb, which loads, decides and saves once."""
