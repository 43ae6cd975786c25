"""Scripts that write records, and what is to be written along, in one atomic step."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cliquet.engines.joint import in_turn
from cliquet.storage.query import UNCONDITIONAL, Condition
from cliquet.storage.redis.keys import Keys

# What is to be written along is written if the record was.
_UNLESS_WRITTEN = """
if first[1] ~= 'written' and first[1] ~= 'deleted' then
    return {first}
end
"""


class JointScripts:
    """Scripts by name, with others that run in the same step.

    Args:
        client: Runs them.
        database: What it connects to.
        keys: Tells which keys one script may have.
        sources: Their texts by name.
        scripts: The same, registered with the client.
    """

    def __init__(
        self,
        client: Any,
        database: Any,
        keys: Keys,
        sources: Mapping[str, str],
        scripts: Mapping[str, Callable[..., Any]],
    ) -> None:
        self._client = client
        self._database = database
        self._keys = keys
        self._sources = sources
        self._scripts = scripts
        self._joined: dict[tuple[str, str], Any] = {}

    def run(
        self,
        name: str,
        keys: Sequence[str],
        arguments: Sequence[Any],
        condition: Condition = UNCONDITIONAL,
        record_ids: Sequence[str] = (),
    ) -> Any:
        """Run a script, and what a condition wants written along for some records.

        What is in another slot of a cluster is written after it, by whoever wants it.
        """
        joint = condition.joint_in(self._database)
        second = joint.script(record_ids) if joint else None
        if (
            joint is None
            or second is None
            or not self._keys.are_together([*keys, *second.keys])
        ):
            return self._scripts[name](keys=keys, args=arguments)
        reply, *more = self._join(name, second.source)(
            keys=[*keys, *second.keys],
            args=[len(keys), len(arguments), *arguments, *second.arguments],
        )
        if reply[0] in (b"written", b"deleted"):
            joint.done(second.read(more[0] if more else None))
        return reply

    def _join(self, name: str, source: str) -> Any:
        known = self._joined.get((name, source))
        if known is None:
            text = in_turn(
                self._sources[name],
                source,
                reply="{first, second}",
                between=_UNLESS_WRITTEN,
            )
            known = self._joined[name, source] = self._client.register_script(text)
        return known
