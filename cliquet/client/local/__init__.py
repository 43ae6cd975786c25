"""A copy of a collection that works offline, and how it becomes the server's."""
