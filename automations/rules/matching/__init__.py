"""Matching a supplier's document against what was ordered, received, accepted and billed before."""
