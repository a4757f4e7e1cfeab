"""What notifications can do: one function per verb."""
