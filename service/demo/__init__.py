"""Demo calls: the generator that speaks them, and the four that ship."""
