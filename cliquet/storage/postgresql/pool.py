"""The pool of connections, where settings of 3.1 name it."""

from cliquet.engines.sql.postgresql import QueuePoolWithMaxBacklog, _QueueWithMaxBacklog

__all__ = ["QueuePoolWithMaxBacklog", "_QueueWithMaxBacklog"]
