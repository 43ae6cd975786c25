"""Nodes of colander: when they are bound, what they read, how they refuse it."""
