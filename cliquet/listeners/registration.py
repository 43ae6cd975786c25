"""How do listeners named in settings get told of events? (python-api §19.6, §20.2)."""

from collections.abc import Iterable
from typing import Any

from pyramid.exceptions import ConfigurationError

from cliquet.events import (
    ACTIONS,
    AfterResourceChanged,
    AfterResourceRead,
    ResourceChanged,
    ResourceRead,
)
from cliquet.listeners.delivery import DeferredListener
from cliquet.logs import logger
from cliquet.settings import get_setting
from cliquet.text import aslist

_DEFAULT_ACTIONS = (ACTIONS.CREATE, ACTIONS.UPDATE, ACTIONS.DELETE)


class EventActionFilter:
    """Subscriber predicate ``for_actions``: which actions is it told of?"""

    def __init__(self, actions: Iterable[ACTIONS | str], config: Any) -> None:
        self.actions = [action.value for action in ACTIONS.from_string_list(actions)]

    def phash(self) -> str:
        """Identify the predicate, as Pyramid wants."""
        return f"for_actions = {','.join(self.actions)}"

    text = phash

    def __call__(self, event: Any) -> bool:
        """Tell whether the action of an event is listed, if it has any."""
        action = event.payload.get("action")
        return not action or action in self.actions


class EventResourceFilter:
    """Subscriber predicate ``for_resources``: which resources is it told of?"""

    def __init__(self, resources: Iterable[str], config: Any) -> None:
        self.resources = resources

    def phash(self) -> str:
        """Identify the predicate, as Pyramid wants."""
        return f"for_resources = {','.join(self.resources)}"

    text = phash

    def __call__(self, event: Any) -> bool:
        """Tell whether the resource of an event is listed; nothing lists them all."""
        name = event.payload.get("resource_name")
        return not name or not self.resources or name in self.resources


def setup_listeners(config: Any) -> None:
    """Register the predicates of subscribers, then each listener of the settings."""
    config.add_subscriber_predicate("for_actions", EventActionFilter)
    config.add_subscriber_predicate("for_resources", EventResourceFilter)
    for name in aslist(get_setting(config.get_settings(), "event_listeners")):
        _setup_listener(config, name)


def _setup_listener(config: Any, name: str) -> None:
    logger.info(f"Setting up '{name}' listener")
    settings = config.get_settings()
    prefix = f"event_listeners.{name.rsplit('.', maxsplit=1)[-1]}."
    listener = _find_module(config, name).load_from_config(config, prefix)
    statsd = getattr(config.registry, "statsd", None)
    if statsd:
        listener = statsd.timer(f"listeners.{name}")(listener.__call__)

    actions = _parse_actions(settings, f"{prefix}actions")
    predicates = {
        "for_actions": actions,
        "for_resources": tuple(aslist(settings.get(f"{prefix}resources"))),
    }
    read, changed = _event_classes(settings, f"{prefix}delivery")
    if changed is AfterResourceChanged:
        listener = DeferredListener(listener, name)
    # Each listener on its own: one that only reads hides no other (rulings §2.12).
    if ACTIONS.READ in actions:
        config.add_subscriber(listener, read, **predicates)
    if actions != (ACTIONS.READ,):
        config.add_subscriber(listener, changed, **predicates)


def _event_classes(settings: Any, name: str) -> tuple[type, type]:
    """Tell the events of a way to deliver."""
    wanted = settings.get(name) or "in_transaction"
    if wanted == "in_transaction":
        return ResourceRead, ResourceChanged
    if wanted == "after_commit":
        return AfterResourceRead, AfterResourceChanged
    raise ConfigurationError(
        f"Invalid value {wanted!r} for setting '{name}': "
        "in_transaction or after_commit is expected."
    )


def _parse_actions(settings: Any, name: str) -> tuple[ACTIONS, ...]:
    words = aslist(settings.get(name))
    try:
        return tuple(dict.fromkeys(ACTIONS.from_string_list(words))) or _DEFAULT_ACTIONS
    except ValueError as error:
        known = ", ".join(action.value for action in ACTIONS)
        raise ConfigurationError(
            f"Invalid value {settings[name]!r} for setting '{name}': "
            f"actions among {known} are expected."
        ) from error


class MissingListenerError(ConfigurationError, KeyError):
    """A listener is neither a module nor the alias of one."""


def _find_module(config: Any, name: str) -> Any:
    """Answer the module of a listener: `name` itself, or that which it stands for.

    An error inside a module that exists is shown as it is, rather than mistaken for
    an alias (rulings §2.12).
    """
    try:
        module = config.maybe_dotted(name)
    except ImportError as error:
        if not _is_unknown(name, error):
            raise
        module = None
    # An alias may well be the name of some other package: `redis`, `test`.
    if hasattr(module, "load_from_config"):
        return module
    setting = f"event_listeners.{name}.use"
    if setting not in config.get_settings():
        raise MissingListenerError(
            f"Listener '{name}' is no listener module: setting '{setting}' is missing."
        )
    return config.maybe_dotted(config.get_settings()[setting])


def _is_unknown(name: str, error: ImportError) -> bool:
    """Tell whether it is the module itself, or one of its packages, that lacks."""
    missing = error.name
    return bool(missing) and f"{name}.".startswith(f"{missing}.")
