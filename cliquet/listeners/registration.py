"""Registration of listeners as subscribers of Pyramid, with their predicates."""

from collections.abc import Iterable, Mapping
from typing import Any

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError

from cliquet.declarations.subscribers import expect, words
from cliquet.dotted import (
    DottedNameError,
    extra_of,
    find_function,
    naming_the_extra,
    resolve,
    suggest,
)
from cliquet.events import (
    ACTIONS,
    AfterResourceChanged,
    AfterResourceRead,
    ResourceChanged,
    ResourceRead,
)
from cliquet.listeners.delivery import DeferredListener
from cliquet.logs import logger
from cliquet.settings import get_setting, invalid_setting
from cliquet.text import aslist

_DEFAULT_ACTIONS = (ACTIONS.CREATE, ACTIONS.UPDATE, ACTIONS.DELETE)

#: Classes of events, of reads and of changes, by value of the setting.
_DELIVERIES = {
    "in_transaction": (ResourceRead, ResourceChanged),
    "after_commit": (AfterResourceRead, AfterResourceChanged),
}


class SubscriberError(ConfigurationError, ValueError):
    """A subscriber is for actions that there are not."""


class EventActionFilter:
    """Subscriber predicate ``for_actions``: the actions that it is notified of.

    Raises:
        ConfigurationError: One of them is none.
    """

    def __init__(self, actions: Iterable[ACTIONS | str], config: Configurator) -> None:
        try:
            found = ACTIONS.from_string_list(words(actions))
        except ValueError as error:
            known = [action.value for action in ACTIONS]
            raise SubscriberError(
                f"for_actions = {actions!r} names what is no action: they are "
                f"{', '.join(known)}."
            ) from error
        self.actions = [action.value for action in found]

    def phash(self) -> str:
        return f"for_actions = {','.join(self.actions)}"

    text = phash

    def __call__(self, event: Any) -> bool:
        """Return whether the action of an event is listed, if it has any."""
        action = event.payload.get("action")
        return not action or action in self.actions


class EventResourceFilter:
    """Subscriber predicate ``for_resources``: those that it is notified of."""

    def __init__(self, resources: Iterable[str], config: Configurator) -> None:
        self.resources = words(resources) if isinstance(resources, str) else resources
        expect(getattr(config, "registry", None), self.resources)

    def phash(self) -> str:
        return f"for_resources = {','.join(self.resources)}"

    text = phash

    def __call__(self, event: Any) -> bool:
        """Return whether the resource of an event is listed, if any is."""
        name = event.payload.get("resource_name")
        return not name or not self.resources or name in self.resources


def setup_listeners(config: Configurator) -> None:
    """Register the predicates of subscribers, then each listener of the settings."""
    config.add_subscriber_predicate("for_actions", EventActionFilter)
    config.add_subscriber_predicate("for_resources", EventResourceFilter)
    for name in aslist(get_setting(config.get_settings(), "event_listeners")):
        _setup_listener(config, name)


def _setup_listener(config: Configurator, name: str) -> None:
    logger.info(f"Setting up '{name}' listener")
    settings = config.get_settings()
    prefix = f"event_listeners.{name.rsplit('.', maxsplit=1)[-1]}."
    listener = _load(config, name, prefix)
    statsd = getattr(config.registry, "statsd", None)
    if statsd:
        listener = statsd.timer(f"listeners.{name}")(listener.__call__)

    actions = _parse_actions(settings, f"{prefix}actions")
    delivery = settings.get(f"{prefix}delivery") or "in_transaction"
    if delivery not in _DELIVERIES:
        expected = " or ".join(_DELIVERIES)
        raise invalid_setting(f"{prefix}delivery", delivery, expected)
    if delivery == "after_commit":
        listener = DeferredListener(listener, name)
    read, changed = _DELIVERIES[delivery]
    predicates = {
        "for_actions": actions,
        "for_resources": tuple(aslist(settings.get(f"{prefix}resources"))),
    }
    if ACTIONS.READ in actions:
        config.add_subscriber(listener, read, **predicates)
    if actions != (ACTIONS.READ,):
        config.add_subscriber(listener, changed, **predicates)


def _parse_actions(settings: Mapping[str, Any], name: str) -> tuple[ACTIONS, ...]:
    words = aslist(settings.get(name))
    try:
        return tuple(dict.fromkeys(ACTIONS.from_string_list(words))) or _DEFAULT_ACTIONS
    except ValueError as error:
        known = ", ".join(action.value for action in ACTIONS)
        expected = f"a list of actions among {known}"
        raise invalid_setting(name, settings[name], expected) from error


class MissingListenerError(ConfigurationError, KeyError):
    """A listener is neither a module nor the alias of one."""

    # That of `KeyError` would quote it.
    __str__ = Exception.__str__


def _load(config: Configurator, name: str, prefix: str) -> Any:
    setting, dotted, module = _find_module(config, name)
    load = find_function(
        module, "load_from_config(config, prefix)", setting, str(dotted)
    )
    listener = load(config, prefix)
    if not callable(listener):
        raise ConfigurationError(
            f"Setting '{setting}' asks for {dotted!r}: its load_from_config returned "
            f"{listener!r} for listener '{name}', where a function of an event is "
            "expected."
        )
    return listener


def _find_module(config: Configurator, name: str) -> tuple[str, Any, Any]:
    """Return which setting names the module of a listener, how, and the module.

    It is `name` itself, or that which it stands for.
    """
    alias = f"event_listeners.{name}.use"
    found = config.get_settings().get(alias)
    try:
        with naming_the_extra(f"Listener '{name}'", extra_of(name)):
            module = config.maybe_dotted(name)
    except ImportError as error:
        # An error inside a module that exists is no sign of an alias.
        if not error.name or not f"{name}.".startswith(f"{error.name}."):
            raise DottedNameError(
                f"Setting 'event_listeners' asks for {name!r}, which fails: "
                f"{type(error).__name__}: {error}"
            ) from error
        module = None
    # An alias may well be the name of some other package: `redis`, `test`.
    if hasattr(module, "load_from_config"):
        return "event_listeners", name, module
    if found is None:
        raise MissingListenerError(
            f"Listener '{name}' is no listener module: setting '{alias}' is missing."
            f"{suggest(alias, config.get_settings(), cutoff=0.85)}"
        )
    return alias, found, resolve(config, alias, found, extra_of(str(found)))
