"""The pool of connections, where settings name it (backends §14.7)."""

from cliquet.backends.postgresql import QueuePoolWithMaxBacklog, _QueueWithMaxBacklog

__all__ = ["QueuePoolWithMaxBacklog", "_QueueWithMaxBacklog"]
