"""The clauses that can be checked: levels, and what a server must have for them."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: From what every server of the protocol has to what is asked for by a setting.
LEVELS = ("mandatory", "repaired", "http", "strict")

#: Titles of the chapters of the specification, in its order.
CHAPTERS = {
    "URL": "URLs and redirections",
    "REQ": "Requests",
    "HDR": "Responses",
    "ERR": "Errors",
    "AUTH": "Authentication",
    "HELLO": "Hello",
    "BEAT": "Heartbeats",
    "BATCH": "Batches",
    "CORS": "Web pages of other origins",
    "CACHE": "Freshness",
    "REC": "Records",
    "LIST": "Lists",
    "SYNC": "Timestamps, synchronisation",
    "LIVE": "Live changes",
    "PRE": "Preconditions",
    "STRICT": "The strict profile",
    "PERM": "Permissions",
    "PREF": "Links, preferences, problems",
    "IDEM": "Repeating safely",
    "RO": "Read-only servers",
    "EOS": "End of service",
}

#: What a server is like before anything is known of it.
SERVING = "serving"
#: It holds to RFC 9110, section 13, to the letter.
STRICT = "strict_preconditions"
#: It asks for preconditions of writes.
REQUIRED = "require_preconditions"

Check = Callable[[Any], None]


@dataclass(frozen=True)
class Clause:
    """One sentence of the specification that can be seen from outside."""

    id: str
    level: str
    check: Check

    needs: tuple[str, ...] = (SERVING,)
    """Features of a server without which it does not apply."""

    unless: tuple[str, ...] = ()
    """Features of a server with which it does not apply."""

    @property
    def chapter(self) -> str:
        """Code of the chapter."""
        return self.id.partition("-")[0]

    @property
    def title(self) -> str:
        """What the server is asked for, in one sentence."""
        return self.marked_title.replace("``", "")

    @property
    def marked_title(self) -> str:
        """The same, with code between double backquotes."""
        return " ".join((self.check.__doc__ or "").split())

    @property
    def position(self) -> tuple[int, int]:
        """Where it is in the specification: key for sorting."""
        chapter, _, number = self.id.partition("-")
        return list(CHAPTERS).index(chapter), int(number)

    def missing(self, features: frozenset[str]) -> str:
        """Return why the clause does not apply to a server, empty if it does."""
        for feature in self.needs:
            if feature not in features:
                return f"for servers with the feature {feature!r}"
        for feature in self.unless:
            if feature in features:
                return f"for servers without the feature {feature!r}"
        return ""


_CLAUSES: dict[str, Clause] = {}


def clause(
    clause_id: str,
    level: str,
    *,
    needs: tuple[str, ...] = (SERVING,),
    unless: tuple[str, ...] = (),
) -> Callable[[Check], Check]:
    """Register a check as that of one clause of the specification.

    Its docstring is what reports show: what the server must do.

    Raises:
        ValueError: the clause has a check already, or is badly written.
    """

    def register(check: Check) -> Check:
        if clause_id in _CLAUSES:
            raise ValueError(f"{clause_id} has a check already")
        chapter, _, number = clause_id.partition("-")
        if chapter not in CHAPTERS or not number.isdigit():
            raise ValueError(f"{clause_id} is no id of a clause")
        if level not in LEVELS or not check.__doc__:
            raise ValueError(f"{clause_id} needs a level and a docstring")
        _CLAUSES[clause_id] = Clause(clause_id, level, check, needs, unless)
        return check

    return register


def all_clauses() -> list[Clause]:
    """Return the clauses of all chapters, in the order of chapters and numbers."""
    package = importlib.import_module("cliquet.conformance.checks")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return sorted(_CLAUSES.values(), key=lambda each: each.position)
