"""How does a log line look?

Renderers are the last of structlog's processors: from an event and its context to a
text. Log what they are given, whatever it holds: rendering never fails.
"""

import datetime as dt
import os
from collections.abc import Mapping, MutableMapping
from typing import Any

from cliquet.serialization import dumps
from cliquet.text import read_env
from cliquet.timestamps import msec_time


def decode_value(value: Any) -> str:
    """Answer the text of any value; bytes are read as UTF-8."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    try:
        return str(value)
    except Exception:  # noqa: BLE001 -- logging an object must not fail
        return object.__repr__(value)


_RESET = "\033[0m"
_BRIGHT = "\033[1m"
_YELLOW = "\033[33m"
_CYAN = "\033[36m"
_MAGENTA = "\033[35m"

# A value sent by a client can neither start a line of its own nor move the cursor.
_VISIBLE = {code: f"\\x{code:02x}" for code in [*range(0x20), *range(0x7F, 0xA0)]}


def _one_line(value: Any) -> str:
    return decode_value(value).translate(_VISIBLE)


class ClassicLogRenderer:
    """Coloured lines for people (python-api §21.3)."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """Settings are ignored."""

    def __call__(
        self, logger: Any, name: str, event_dict: MutableMapping[str, Any]
    ) -> str:
        """Render the request between quotes, the answer, the event, the context."""
        is_request = "path" in event_dict
        method, path, code, t, event = (
            _one_line(event_dict.pop(key, "?"))
            for key in ("method", "path", "code", "t", "event")
        )
        query = _querystring(event_dict.pop("querystring", {}))
        # The traceback alone may take several lines.
        context = " ".join(
            f"{_CYAN}{key}{_RESET}={_MAGENTA}"
            f"{decode_value(value) if key == 'exception' else _one_line(value)}{_RESET}"
            for key, value in sorted(event_dict.items())
        )
        if not is_request:
            return f"{event} {context}"
        return (
            f'{_BRIGHT}"{method:<5} {path}{query}"{_RESET}'
            f"{_YELLOW} {code} ({t} ms){_RESET} {event} {context}"
        )


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
        """Write the event; what has no value is left out."""
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
    """One JSON text a line, for Heka (python-api §21.4)."""

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
        """Complete the top-level members; move any other one into ``Fields``."""
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
    """Heka has flat fields: what is nested becomes JSON text."""
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
