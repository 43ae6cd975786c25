"""Engines: what knows a server or a library, and no kind of backend."""
