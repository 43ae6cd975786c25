"""Links in the description: answers have what other requests need (OpenAPI, 4.8.20).

A record that was created leads to what is done with it, to its list and to what is
below; the first one of a list to itself.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from cliquet.resource.fields import names_of

Operation = dict[str, Any]

VARIABLE = re.compile(r"\{(\w+)\}")
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9._-]")
_CONDITIONAL = ("put", "patch", "delete")
_ETAG = "$response.header.ETag"


class Path(NamedTuple):
    """What is described of one path.

    Attributes:
        path: As the document has it.
        service: Of Cornice.
        operations: By methods, in small letters.
    """

    path: str
    service: Any
    operations: dict[str, Operation]

    @property
    def variables(self) -> list[str]:
        """The names in braces, in order."""
        return VARIABLE.findall(self.path)

    @property
    def shape(self) -> str:
        """The path, whatever its variables are called."""
        return VARIABLE.sub("{}", self.path)


def add_links(paths: Iterable[Path]) -> None:
    """Add links to the answers that have a record, or a list of them."""
    paths = list(paths)
    by_names = {each.service.name: each for each in paths}
    for each in paths:
        kind = getattr(each.service, "type", None)
        own = [f"$request.path.{name}" for name in each.variables]
        if kind == "record":
            found = dict(_of_record(paths, each, own))
            for method in ("get", "put", "patch"):
                _add(each.operations, method, found)
        elif kind == "collection":
            record = by_names.get(getattr(each.service, "record_route", ""))
            if record is None or len(record.variables) != len(own) + 1:
                continue
            id_field = names_of(each.service.resource.default_model).id
            created = [*own, f"$response.body#/data/{id_field}"]
            found = dict(_of_record(paths, record, created))
            found |= _link(each, "get", own)
            _add(each.operations, "post", found)
            first = [*own, f"$response.body#/data/0/{id_field}"]
            _add(each.operations, "get", _link(record, "get", first))


def _of_record(
    paths: list[Path], record: Path, values: list[str]
) -> Iterator[tuple[str, Any]]:
    """Yield the links to what is done with a record, and to what is below it.

    Args:
        paths: All of them.
        record: That of the record.
        values: Of its variables, as expressions; the answer has its entity tag.
    """
    below = f"{record.shape}/"
    for each in paths:
        is_itself = each is record
        if not is_itself and not each.shape.startswith(below):
            continue
        if len(each.variables) != len(values):
            continue
        for method in each.operations:
            yield from _link(each, method, values, tagged=is_itself).items()


def _link(
    target: Path, method: str, values: list[str], *, tagged: bool = False
) -> dict[str, Any]:
    """Return the link to an operation by its name; there may be none."""
    operation = target.operations.get(method)
    if operation is None or method == "head":
        return {}
    link: dict[str, Any] = {"operationId": operation["operationId"]}
    parameters = dict(zip(target.variables, values, strict=True))
    if tagged and method in _CONDITIONAL:
        parameters["If-Match"] = _ETAG
    if parameters:
        link["parameters"] = parameters
    return {_NOT_IN_NAMES.sub("_", operation["operationId"]): link}


def _add(operations: dict[str, Operation], method: str, links: dict[str, Any]) -> None:
    """Add links to the answers that succeed, and have a body."""
    responses = operations.get(method, {}).get("responses", {})
    for status in ("200", "201"):
        if links and status in responses:
            responses[status]["links"] = links
