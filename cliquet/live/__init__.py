"""Live changes: lists that wait for news, and streams of them.

A wake-up says that there may be something new, and nothing else. What is new is found
by a look, which is the ordinary list of what changed since a timestamp: a request of
its own, with its transaction, its permissions and its line in the log. A wake-up that
is lost costs time, until the next look, and never a change.
"""
