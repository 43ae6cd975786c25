"""Renderers: the text of a log line, from an event and its context.

They have the signature of structlog's last processor: the logger, the name of the
method called (``warning``), and the values to log, which they may consume. Rendering
never fails, whatever the values.
"""

import datetime as dt
import logging
import os
import re
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from cliquet.serialization import dumps
from cliquet.text import decode_value, read_env
from cliquet.timestamps import msec_time

_RESET = "\033[0m"
_BRIGHT = "\033[1m"
_YELLOW = "\033[33m"
_CYAN = "\033[36m"
_MAGENTA = "\033[35m"
#: Those of ours: the controls that a value has were made visible.
_COLOURS = re.compile(r"\033\[\d+m")

#: The event of the line that sums up a request.
SUMMARY = "request.summary"

# A value sent by a client can neither start a line of its own, nor move the cursor, nor
# turn the direction of what follows.
_CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]
_SEPARATORS = [0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_VISIBLE = {
    **{code: f"\\x{code:02x}" for code in _CONTROLS},
    **{code: f"\\u{code:04x}" for code in _SEPARATORS},
}
#: Of a traceback, which takes several lines.
_VISIBLE_IN_LINES = {**_VISIBLE, ord("\n"): "\n", ord("\t"): "\t"}


def _one_line(value: Any) -> str:
    return decode_value(value).translate(_VISIBLE)


def _lines(traceback: Any) -> str:
    return decode_value(traceback).translate(_VISIBLE_IN_LINES)


class ClassicLogRenderer:
    """Lines for people, coloured on a terminal.

    What has no value is left out, and what the request already says: the languages that
    a browser asked for, and that its summary is one.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """Look at ``NO_COLOR`` (https://no-color.org); settings are ignored."""
        self._may_colour = not os.environ.get("NO_COLOR")

    def __call__(
        self, logger: Any, name: str, event_dict: MutableMapping[str, Any]
    ) -> str:
        """Return the request between quotes, its result, the event, the context."""
        line = _classic_line(event_dict)
        is_coloured = self._may_colour and _is_for_terminals(logger)
        return line if is_coloured else _COLOURS.sub("", line)


def _classic_line(event_dict: MutableMapping[str, Any]) -> str:
    is_request = "path" in event_dict
    method, path, code, t, event = (
        _one_line(event_dict.pop(key, "?"))
        for key in ("method", "path", "code", "t", "event")
    )
    query = _querystring(event_dict.pop("querystring", {}))
    context = " ".join(
        f"{_CYAN}{key}{_RESET}={_MAGENTA}"
        f"{_lines(value) if key == 'exception' else _one_line(value)}{_RESET}"
        for key, value in sorted(event_dict.items())
        if value is not None and key != "lang"
    )
    if not is_request:
        return f"{event} {context}"
    told = "" if event == SUMMARY else f" {event}"
    return (
        f'{_BRIGHT}"{method:<5} {path}{query}"{_RESET}'
        f"{_YELLOW} {code} ({t} ms){_RESET}{told} {context}"
    )


def _is_for_terminals(logger: Any) -> bool:
    """Return whether a line of a logger goes to terminals alone.

    Who calls a renderer without a logger of ``logging`` knows where the line goes.
    """
    if not isinstance(logger, logging.Logger):
        return True
    return all(map(_is_terminal, _handlers_of(logger)))


def _handlers_of(logger: logging.Logger) -> Iterator[logging.Handler]:
    current: logging.Logger | None = logger
    found = False
    while current is not None:
        for handler in current.handlers:
            found = True
            yield handler
        current = current.parent if current.propagate else None
    if not found and logging.lastResort is not None:
        yield logging.lastResort


def _is_terminal(handler: logging.Handler) -> bool:
    if isinstance(handler, logging.NullHandler):
        return True
    isatty = getattr(getattr(handler, "stream", None), "isatty", None)
    try:
        return bool(isatty and isatty())
    except ValueError:
        # The stream is closed.
        return False


def _querystring(parameters: Any) -> str:
    if not parameters:
        return ""
    if not isinstance(parameters, Mapping):
        return f"?{_one_line(parameters)}"
    pairs = (f"{_one_line(k)}={_one_line(v)}" for k, v in parameters.items())
    return "?" + "&".join(pairs)


class JsonLogRenderer:
    """One JSON object a line: time, level, logger, event, then the context."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """Remember the name of the service."""
        self.appname = settings["project_name"]

    def __call__(
        self, logger: Any, name: str, event_dict: MutableMapping[str, Any]
    ) -> str:
        """Return the event as JSON; what has no value is left out."""
        now = dt.datetime.fromtimestamp(msec_time() / 1000, tz=dt.UTC)
        context = {
            key: value
            for key, value in sorted(event_dict.items())
            if value is not None and key not in ("event", "time")
        }
        document = {
            "time": now.isoformat(timespec="milliseconds"),
            "level": "error" if name == "exception" else name,
            "logger": getattr(logger, "name", self.appname),
            "service": self.appname,
            "event": decode_value(event_dict.get("event", "")),
            **context,
        }
        return _json(document)


class MozillaHekaRenderer:
    """One JSON text a line, for Heka."""

    ENV_VERSION = "2.0"

    #: Severities of syslog.
    SEVERITIES: Mapping[str, int] = {
        "critical": 0,
        "fatal": 0,
        "exception": 2,
        "error": 2,
        "warning": 4,
        "info": 6,
        "debug": 7,
    }

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """Remember what identifies the service, host and process."""
        self.appname = settings["project_name"]
        self.hostname = read_env("HOSTNAME", os.uname()[1])
        self.pid = os.getpid()

    def __call__(
        self, logger: Any, name: str, event_dict: MutableMapping[str, Any]
    ) -> str:
        """Return the event in Heka's envelope; ``Fields`` holds what it lacks."""
        envelope = {
            "Timestamp": msec_time() * 1_000_000,
            "Logger": self.appname,
            "Type": event_dict.pop("event", ""),
            "Hostname": self.hostname,
            "Severity": self.SEVERITIES[name],
            "Pid": self.pid,
            "EnvVersion": self.ENV_VERSION,
            "Fields": {},
        }
        others = [key for key in event_dict if key not in envelope]
        moved = {key: event_dict.pop(key) for key in others}
        document = {**envelope, **event_dict}
        fields = {**document["Fields"], **moved}
        document["Fields"] = {key: _heka_field(v) for key, v in fields.items()}
        return _json(document)


def _heka_field(value: Any) -> Any:
    """Return a value of a flat field: what is nested becomes JSON text."""
    is_list = isinstance(value, list | tuple)
    if is_list and all(isinstance(item, str) for item in value):
        return value
    return _json(value) if is_list or isinstance(value, Mapping) else value


def _json(value: Any) -> str:
    try:
        return dumps(value)
    except ValueError:
        # NaN, or a structure that contains itself: its text will do.
        if isinstance(value, Mapping):
            return dumps({decode_value(k): decode_value(v) for k, v in value.items()})
        return dumps(decode_value(value))
