"""A made-up year of the demonstration company, drawn from a seed: the same seed and size give the same year."""
