"""Errors of colander, as clients are told: in words of JSON, not of Python."""

from itertools import islice
from typing import Any

import colander

from cliquet.bounds import MAX_ERRORS
from cliquet.serialization import quote

#: In place of messages of colander that speak of Python.
_OTHER_WORDS = {
    '"${val}" is not a valid "${cls}"': '"${val}" is not one of the accepted values',
    'The dotted name "${name}" cannot be imported': '"${name}" is unknown',
    # Its reason names a class of Python.
    '"${val}" is not a mapping type: ${err}': '"${val}" is not an object',
    '"${val}" has no __name__': '"${val}" is unknown',
}


def describe(error: colander.Invalid, most: int = MAX_ERRORS) -> dict[str, str]:
    """Return what is wrong, by the dotted names of fields; only the first errors.

    Texts that a client sent are quoted in part if they are long.
    """
    described: dict[str, str] = {}
    for path in islice(error.paths(), most):
        names = [name for each in path if (name := _name_of(each))]
        unknown = getattr(path[-1], "fields", None)
        if unknown is None:
            messages = [_said(each) for error in path for each in error.messages()]
            described[".".join(names)] = "; ".join(colander.interpolate(messages))
        for field in islice(unknown or (), most):
            name = ".".join([*names, quote(field)])
            described[name] = f"{name} is not allowed"
    return described


def _name_of(error: colander.Invalid) -> str:
    return str(error.pos if error.positional else error.node.name)


def _said(message: Any) -> Any:
    if not getattr(message, "mapping", None):
        return message
    values = {
        name: str(value) if isinstance(value, Exception) else quote(value)
        for name, value in message.mapping.items()
    }
    words = _OTHER_WORDS.get(str(message), str(message))
    return type(message)(words, mapping=values).interpolate()
