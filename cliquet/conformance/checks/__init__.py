"""Checks of clauses, a module for each chapter; each is a small function of a probe."""
