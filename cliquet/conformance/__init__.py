"""Clauses of the specification, checked on any server by its URL.

Nothing here knows how a server is made: it is seen through HTTP alone, so that another
implementation can be judged by the same kit. `clauses` is the registry, `checks` has a
module for each chapter, `probe` is what checks are given, `runner` runs them, `reports`
say what was found.
"""
