"""The logger of the package, in front of the standard ``logging``, and its context.

``logger`` has the methods of structlog's loggers. The context is kept in a context
variable, so that each thread, greenlet or task sees its own, without a lock. Only this
module knows where it is.
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

from cliquet.logs.renderers import ClassicLogRenderer
from cliquet.text import decode_value

#: Anything with the signature of a structlog renderer.
Renderer = Callable[[Any, str, MutableMapping[str, Any]], Any]

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class _State(NamedTuple):
    """What is known where a line is logged.

    Replaced, never modified: a copied context shares it with its origin.

    Attributes:
        renderer: That of the application which serves the request, as several may live
            in one process.
        describe: Builds the first values of the context, when a line needs them: most
            lines are off.
        values: Those bound since, which win.
    """

    renderer: Renderer | None = None
    describe: Callable[[], Mapping[str, Any]] = dict
    values: Mapping[str, Any] = {}


_NOTHING = _State()
_state: ContextVar[_State] = ContextVar("cliquet_log_state", default=_NOTHING)


def current_context() -> dict[str, Any]:
    """Return the values of the context of the running thread or task."""
    _, describe, values = _state.get()
    return {**describe(), **values}


def _render(stdlib: Any, name: str, event_dict: MutableMapping[str, Any]) -> Any:
    return (_state.get().renderer or logger.renderer)(stdlib, name, event_dict)


class _Context:
    """The context as applications' tests read it: ``logger._context._dict``."""

    @property
    def _dict(self) -> dict[str, Any]:
        return current_context()


class Logger:
    """Log events along with the context bound since the request came in.

    The methods named like levels take an event, which may have the placeholders of
    ``logging`` for the arguments that follow, and values to log with it. Among these
    ``exc_info`` is an exception, a tuple of ``sys.exc_info()``, or true for the
    exception being handled.
    """

    def __init__(self) -> None:
        self._context = _Context()
        #: Renders out of requests: that of the application set up last.
        self.renderer: Renderer = ClassicLogRenderer({})

    def new(self, **values: Any) -> "Logger":
        """Forget the context, and start another one."""
        _state.set(_State(_state.get().renderer, values=values))
        return self

    def begin(
        self, renderer: Renderer | None, describe: Callable[[], Mapping[str, Any]]
    ) -> None:
        """Start the context of a request.

        Args:
            renderer: Used until the end of the request, or thread.
            describe: Called when the values of the context are needed.
        """
        _state.set(_State(renderer, describe))

    def bind(self, **values: Any) -> "Logger":
        """Add values to the context."""
        renderer, describe, known = _state.get()
        _state.set(_State(renderer, describe, {**known, **values}))
        return self

    def try_unbind(self, *names: str) -> "Logger":
        """Remove values from the context, of those bound since the request came in."""
        renderer, describe, known = _state.get()
        if known.keys().isdisjoint(names):
            return self
        left = {name: known[name] for name in known if name not in names}
        _state.set(_State(renderer, describe, left))
        return self

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
        """Log what failed."""
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


_stdlib_logger = cache(logging.getLogger)


def _log(
    level: int, name: str, event: Any, args: tuple[Any, ...], values: dict[str, Any]
) -> None:
    # Named like the module that logs, so that levels are set as with `logging`.
    frame = sys._getframe(2)  # noqa: SLF001 -- what `logging` itself relies on
    stdlib = _stdlib_logger(str(frame.f_globals.get("__name__", "cliquet")))
    # Nothing is built, let alone rendered, for a level that is off.
    if not stdlib.isEnabledFor(level):
        return
    if args:
        event = decode_value(event) % args
    exc_info = _exc_info(values.pop("exc_info", None))
    event_dict = {**current_context(), **values, "event": event}
    if exc_info:
        event_dict["exception"] = "".join(format_exception(*exc_info)).rstrip("\n")
    message = _render(stdlib, name, event_dict)
    path, line, function, _ = stdlib.findCaller(stacklevel=3)
    record = stdlib.makeRecord(
        stdlib.name, level, path, line, message, (), exc_info, function
    )
    if exc_info:
        record.exc_text = _Shown()
    stdlib.handle(record)


def _exc_info(value: Any) -> ExcInfo | None:
    if isinstance(value, BaseException):
        return type(value), value, value.__traceback__
    if value and not isinstance(value, tuple):
        value = sys.exc_info()
    return value if value and value[0] else None


def configure_structlog() -> None:
    """Let ``structlog.get_logger()`` log alike, unless the host configured it.

    Nothing is done where nobody imported structlog.
    """
    structlog: Any = sys.modules.get("structlog")
    if structlog is None or structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            lambda _logger, _name, event_dict: {**current_context(), **event_dict},
            structlog.processors.format_exc_info,
            _render,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
