"""How does an event reach the standard logging, and with which context?

``logger`` has the methods of structlog's loggers, in front of the standard ``logging``.
Only this module knows where the context is kept: in context variables, so that each
thread, greenlet or task sees its own values, without a lock (rulings §6).
"""

import contextlib
import logging
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextvars import ContextVar
from functools import cache
from traceback import format_exception
from types import TracebackType
from typing import Any, NamedTuple

from cliquet.logs.renderers import ClassicLogRenderer, decode_value

#: Anything with the signature of a structlog renderer.
Renderer = Callable[[Any, str, MutableMapping[str, Any]], Any]

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]

_Describe = Callable[[], Mapping[str, Any]]
_EMPTY: Mapping[str, Any] = {}


class _State(NamedTuple):
    """What is known where a line is logged.

    Replaced, never modified: a copied context shares it with its origin.
    """

    renderer: Renderer | None = None
    """Of the application that serves the request: two may live in one process
    (rulings §2.15)."""

    describe: _Describe | None = None
    """Tells what the context is about, when a line needs it: most lines are off."""

    values: Mapping[str, Any] = _EMPTY
    conclude: _Describe | None = None
    """Tells how it ended."""


_NOTHING = _State()
_state: ContextVar[_State] = ContextVar("cliquet_log_state", default=_NOTHING)


class _Context:
    """The context of the running thread or task, as ``logger._context._dict``."""

    @property
    def _dict(self) -> dict[str, Any]:
        return _context()


def current_renderer() -> Renderer:
    """Tell the renderer of the application that serves the request, or the last one."""
    return _state.get().renderer or logger.renderer


def _context() -> dict[str, Any]:
    _, describe, values, conclude = _state.get()
    return {
        **(describe() if describe else _EMPTY),
        **values,
        **(conclude() if conclude else _EMPTY),
    }


class Logger:
    """Log events along with the context bound since the request came in."""

    def __init__(self) -> None:
        self._context = _Context()
        #: Renders out of requests: that of the application set up last.
        self.renderer: Renderer = ClassicLogRenderer({})

    def new(self, **values: Any) -> "Logger":
        """Forget the context, and start another one."""
        _state.set(_State(_state.get().renderer, values=values))
        return self

    def begin(self, renderer: Renderer, describe: _Describe) -> None:
        """Start a context that a function describes, when it is looked at.

        The renderer is used until the end of the request, or thread.
        """
        _state.set(_State(renderer, describe))

    def bind(self, **values: Any) -> "Logger":
        """Add values to the context."""
        renderer, describe, known, conclude = _state.get()
        _state.set(_State(renderer, describe, {**known, **values}, conclude))
        return self

    def conclude(self, describe: _Describe) -> None:
        """Add what a function tells at the end, when it is looked at."""
        renderer, described, values, _ = _state.get()
        _state.set(_State(renderer, described, values, describe))

    def debug(self, event: Any = None, *args: Any, **values: Any) -> None:
        """Log what helps to understand."""
        _log(logging.DEBUG, "debug", event, args, values)

    def info(self, event: Any = None, *args: Any, **values: Any) -> None:
        """Log what happened."""
        _log(logging.INFO, "info", event, args, values)

    def warning(self, event: Any = None, *args: Any, **values: Any) -> None:
        """Log what deserves a look."""
        _log(logging.WARNING, "warning", event, args, values)

    def error(self, event: Any = None, *args: Any, **values: Any) -> None:
        """Log what failed; ``exc_info`` is an exception, or true for the current."""
        _log(logging.ERROR, "error", event, args, values)

    def critical(self, event: Any = None, *args: Any, **values: Any) -> None:
        """Log what stops the service."""
        _log(logging.CRITICAL, "critical", event, args, values)

    def exception(self, event: Any = None, *args: Any, **values: Any) -> None:
        """Log a failure, with the exception being handled."""
        values.setdefault("exc_info", True)
        _log(logging.ERROR, "exception", event, args, values)


logger = Logger()


@contextlib.contextmanager
def isolated_context(**values: Any) -> Iterator[Logger]:
    """Log within another context; what is bound there is forgotten at the end."""
    token = _state.set(_State(_state.get().renderer, values=values))
    try:
        yield logger
    finally:
        _state.reset(token)


class _Shown(str):
    """The text of a traceback that is part of the message already.

    True though empty: formatters then neither build nor repeat the traceback, while
    handlers which collect exceptions (Sentry's) still find them in the record.
    """

    __slots__ = ()

    def __bool__(self) -> bool:
        return True


def _log(
    level: int, name: str, event: Any, args: tuple[Any, ...], values: dict[str, Any]
) -> None:
    stdlib = _stdlib_logger(_caller_name())
    # Nothing is built, let alone rendered, for a level that is off.
    if not stdlib.isEnabledFor(level):
        return
    if args:
        event = decode_value(event) % args
    exc_info = _exc_info(values.pop("exc_info", None))
    event_dict: MutableMapping[str, Any] = {**_context(), **values}
    event_dict["event"] = event
    if exc_info:
        event_dict["exception"] = "".join(format_exception(*exc_info)).rstrip("\n")
    render = current_renderer()
    message = render(stdlib, name, event_dict)
    path, line, function, _ = stdlib.findCaller(stacklevel=3)
    record = stdlib.makeRecord(
        stdlib.name, level, path, line, message, (), exc_info, function
    )
    if exc_info:
        record.exc_text = _Shown()
    stdlib.handle(record)


def _caller_name() -> str:
    """Name the module that logs, so that levels are set as with ``logging``."""
    frame = sys._getframe(3)  # noqa: SLF001 -- what `logging` itself relies on
    return str(frame.f_globals.get("__name__", "cliquet"))


@cache
def _stdlib_logger(name: str) -> logging.Logger:
    return logging.getLogger(name)


def _exc_info(value: Any) -> ExcInfo | None:
    if isinstance(value, BaseException):
        return type(value), value, value.__traceback__
    if value and not isinstance(value, tuple):
        value = sys.exc_info()
    return value if value and value[0] else None
