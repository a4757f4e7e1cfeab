"""What the registry can do: one function per verb, which loads, decides and saves once."""
