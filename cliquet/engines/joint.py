"""Permissions that are written in the same atomic step as the record they belong to.

Between a record and its permissions nobody may come: what was granted or revoked
meanwhile would be undone. Where there are no transactions, and both are in one place,
the storage writes both (docs: rules-atomic-writes).
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple


class Script(NamedTuple):
    """A Lua script of Redis, with what it is given.

    Attributes:
        source: Its text.
        keys: `KEYS` of the script.
        arguments: Its `ARGV`.
        read: Makes the result of its reply.
    """

    source: str
    keys: Sequence[str]
    arguments: Sequence[str]
    read: Callable[[Any], Any]


_IN_TURN = """
local function part(list, first, last)
    local found = {{}}
    for position = first, last do
        table.insert(found, list[position])
    end
    return found
end
local keys, arguments = tonumber(ARGV[1]), tonumber(ARGV[2]) + 2
local first = (function(KEYS, ARGV) {first}
end)(part(KEYS, 1, keys), part(ARGV, 3, arguments))
{between}
local second = (function(KEYS, ARGV) {second}
end)(part(KEYS, keys + 1, #KEYS), part(ARGV, arguments + 1, #ARGV))
return {reply}
"""


def in_turn(first: str, second: str, reply: str, between: str = "") -> str:
    """Return a Lua script that runs two others, each with its own `KEYS` and `ARGV`.

    Its own `ARGV` begins with the numbers of keys and arguments of the first one.

    Args:
        first: The text of a script.
        second: The text of the one after it.
        reply: What is replied, made of `first` and `second`, their replies.
        between: What to do after the first one, which may end it all.
    """
    return _IN_TURN.format(first=first, second=second, reply=reply, between=between)


def _both(first: Script, second: Script) -> Script:
    """Return a script that does what two of them do, with the reply of the first."""
    counts = [str(len(first.keys)), str(len(first.arguments))]
    return Script(
        in_turn(first.source, second.source, reply="first"),
        [*first.keys, *second.keys],
        [*counts, *first.arguments, *second.arguments],
        first.read,
    )


class JointWrite:
    """What is to be written along with records.

    Args:
        database: Where, as `StorageBase.database`.
        run: Writes it for the ids of the records, and returns the result.
        script: Returns what `run` does as a script; None if it is none.
    """

    def __init__(
        self,
        database: Any,
        run: Callable[[Sequence[str]], Any],
        script: Callable[[Sequence[str]], Script | None],
    ) -> None:
        self.database = database
        self.script = script
        self._run = run
        self._is_done = False
        self._result: Any = None

    def along(self, other: "JointWrite") -> "JointWrite":
        """Return what writes another one, too, with the result of this one."""

        def run(record_ids: Sequence[str]) -> Any:
            other.run(record_ids)
            return self._run(record_ids)

        def script(record_ids: Sequence[str]) -> Script | None:
            more = other.script(record_ids)
            if more is None:
                return None
            own = self.script(record_ids)
            if own is None:
                # Nothing is to be written, or it is no script: then right after.
                return more._replace(read=lambda reply: self._run(record_ids))
            return _both(own, more)

        return JointWrite(self.database, run, script)

    def run(self, record_ids: Sequence[str]) -> None:
        """Write it: for storages that keep others out meanwhile."""
        self.done(self._run(record_ids))

    def done(self, result: Any) -> None:
        """Note that it was written."""
        self._is_done, self._result = True, result

    def finish(self, record_ids: Sequence[str]) -> Any:
        """Write it unless the storage did, and return the result."""
        if not self._is_done:
            self.run(record_ids)
        return self._result
