"""Requests that replicas may answer, and how new their answers have to be."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.settings import asbool
from pyramid.tweens import EXCVIEW
from pyramid_retry import RetryableException, is_last_attempt

from cliquet.engines.reading import Reading, current_reading, reads_as
from cliquet.protocol.limits import MIN_TIMESTAMP
from cliquet.serialization import loads
from cliquet.text import decode64
from cliquet.types import Registry, Request, Response, Timestamp

_READS = ("GET", "HEAD")
_KINDS = ("storage", "permission")
_TAG = re.compile(r'"([0-9]{1,18})"')
_NUMBER = re.compile(r'(?:W/)?"?([0-9]{1,18})"?')
_TWEEN = "cliquet.protocol.replicas.replicas_tween_factory"

#: What it raises undoes the transaction; what it reads is readable.
_UNDER = ("pyramid_tm.tm_tween_factory", "cliquet.protocol.limits.limits_tween_factory")


class _AskPrimaryError(RetryableException):
    """A replica has less than what the client knows: the request is run again."""


def setup_replicas(config: Configurator) -> None:
    """Let replicas answer what only reads, where settings name some.

    Where a service writes nothing its database may be a replica: only what the client
    does not know better is answered.

    Raises:
        ConfigurationError: They are those of a backend that has none.
    """
    settings, registry = config.get_settings(), config.registry
    for kind in _KINDS:
        backend = getattr(registry, kind, None)
        if settings[f"{kind}_read_url"] and not hasattr(backend, "replicas"):
            raise ConfigurationError(
                f"Setting '{kind}_read_url' names replicas of PostgreSQL: set "
                f"'{kind}_backend' to cliquet.{kind}.postgresql."
            )
    for kind, (_, replicas) in getattr(registry, "replicas_by_kind", {}).items():
        registry.heartbeats[f"{kind}_replicas"] = partial(_tell_lags, replicas)
    is_readonly = asbool(settings.get("readonly"))
    storage = getattr(registry, "storage", None)
    if has_replicas(registry) or (is_readonly and hasattr(storage, "replicas")):
        config.add_tween(_TWEEN, over=EXCVIEW, under=_UNDER)


def _tell_lags(replicas: Any, request: Request) -> list[dict[str, float | None]]:
    return [{"lag_seconds": each.lag()} for each in replicas.members]


def has_replicas(registry: Registry) -> bool:
    """Return whether some reads are those of replicas."""
    return bool(getattr(registry, "replicas_by_kind", None))


def replicas_tween_factory(
    handler: Callable[[Request], Response], registry: Registry
) -> Callable[[Request], Response]:
    """Return the tween that says how each request reads, and whether that sufficed.

    Only what can be run again on the primary is read from replicas.
    """
    is_readonly = asbool(registry.settings.get("readonly"))
    reads_there = has_replicas(registry)

    def tween(request: Request) -> Response:
        reading = Reading(
            find_minimum(request),
            uses_replicas=reads_there
            and request.method in _READS
            and _may_run_again(request),
            is_readonly=is_readonly,
        )
        with reads_as(reading):
            response = handler(request)
        if reading.is_too_old:
            raise _AskPrimaryError
        return response

    return tween


def _may_run_again(request: Request) -> bool:
    """Return whether this is the first attempt, and not the last one."""
    is_first = request.environ.get("retry.attempt") == 0
    return is_first and not is_last_attempt(request)


def read_batch(request: Request, subrequests: Iterable[Request]) -> None:
    """Let replicas answer a batch of which all entries read."""
    reading = current_reading()
    if reading is None or not has_replicas(request.registry):
        return
    only_reads = all(each.method in _READS for each in subrequests)
    reading.uses_replicas = only_reads and _may_run_again(request)


@contextmanager
def read_entry(subrequest: Request) -> Iterator[None]:
    """Read for an entry of a batch: its client may know another timestamp."""
    reading = current_reading()
    if reading is None:
        yield
        return
    with reading.entry(find_minimum(subrequest)):
        yield


def find_minimum(request: Request) -> Timestamp:
    """Return the newest timestamp that a request says its client knows; 0 if none."""
    headers, found = request.headers, [0]
    for name in ("If-None-Match", "If-Match"):
        if name in headers:
            found += map(int, _TAG.findall(headers[name]))
    if MIN_TIMESTAMP in headers:
        found += _read_number(headers[MIN_TIMESTAMP])
    if request.environ.get("QUERY_STRING"):
        for name, value in request.GET.items():
            if name in _PARAMETERS:
                found += _PARAMETERS[name](value)
    return max(found)


def _read_number(text: str) -> list[Timestamp]:
    number = _NUMBER.fullmatch(text.strip())
    return [] if number is None else [int(number[1])]


def _read_token(text: str) -> list[Timestamp]:
    """Return the timestamp of the last record of a page; none if it says none."""
    modified: Any = None
    with suppress(ValueError, KeyError, TypeError):
        content = loads(decode64(text.replace(" ", "+")))
        modified = content["last_record"]["last_modified"]
    return [modified] if type(modified) is int else []


_PARAMETERS = {
    "_since": _read_number,
    "_expected": _read_number,
    "_token": _read_token,
}
