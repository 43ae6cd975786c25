"""Policies and generators of ids: what classes named by settings must have."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from pyramid.exceptions import ConfigurationError

from cliquet.declarations.report import describe
from cliquet.dotted import nearest, resolve, suggest
from cliquet.text import aslist

_POLICY = "multiauth.policy."
_AUTHORIZATION = "multiauth.authorization_policy"


class PolicyError(ConfigurationError, ValueError):
    """A policy has no settings: pyramid_multiauth raises `ValueError` for one."""


class OptionError(ConfigurationError):
    """An argument of a policy is wrong.

    Args:
        option: Its name.
        sentence: What is wrong with it, after its name.
    """

    def __init__(self, option: str, sentence: str) -> None:
        super().__init__(f"Option '{option}' {sentence}")
        self.option = option
        self.sentence = sentence


def make_generator(config: Any) -> Any:
    """Return an id generator, made of what the setting `id_generator` names.

    Raises:
        ConfigurationError: It is no class, or one of something else.
    """
    name = config.get_settings()["id_generator"]
    generator = resolve(config, "id_generator", name)
    setting = f"Setting 'id_generator' asks for {name!r}"
    expected = (
        "derive it from cliquet.storage.generators.Generator, with a regexp and a "
        "__call__ that returns an id"
    )
    if not callable(generator):
        raise ConfigurationError(f"{setting}, which is no class: {expected}.")
    try:
        made = generator()
    except (TypeError, AssertionError, NotImplementedError) as error:
        raise ConfigurationError(f"{setting}, which fails: {error!r}") from error
    if not callable(made):
        raise ConfigurationError(f"{setting}, which makes no ids: {expected}.")
    return made


def find_odd(generator: Any, name: Any) -> Iterator[str]:
    """Yield that a generator cannot say what ids look like."""
    if not callable(getattr(generator, "match", None)):
        yield (
            f"Setting 'id_generator' asks for {name!r}, which has no match(record_id), "
            "so that each request of a record is a 500: derive it from "
            "cliquet.storage.generators.Generator."
        )


def check_policies(config: Any) -> None:
    """Refuse settings of policies that pyramid_multiauth would stumble over.

    Raises:
        ConfigurationError: With the setting.
    """
    settings = config.get_settings()
    policy = _resolve(config, _AUTHORIZATION)
    if policy is not None and not hasattr(policy, "permits"):
        raise ConfigurationError(
            f"Setting {_AUTHORIZATION!r} asks for {settings[_AUTHORIZATION]!r}, which "
            "is no policy: it has no permits(context, principals, permission)."
        )
    groupfinder = _resolve(config, "multiauth.groupfinder")
    if groupfinder is not None and not callable(groupfinder):
        raise ConfigurationError(
            "Setting 'multiauth.groupfinder' asks for "
            f"{settings['multiauth.groupfinder']!r}, which is no function of a user id "
            "and a request."
        )
    for name in aslist(settings.get("multiauth.policies") or ()):
        _check_policy(config, name)


def _check_policy(config: Any, name: str) -> None:
    settings, prefix = config.get_settings(), f"{_POLICY}{name}."
    options = {
        key.removeprefix(prefix): value
        for key, value in settings.items()
        if key.startswith(prefix)
    }
    if not options:
        _check_module(config, name)
        return
    if "use" not in options:
        given = ", ".join(f"'{prefix}{option}'" for option in sorted(options))
        raise ConfigurationError(
            f"Setting '{prefix}use' is missing, the class of the policy that {given} "
            "is for."
        )
    factory = _resolve(config, f"{prefix}use")
    del options["use"]
    if isinstance(factory, type):
        for method in ("authenticated_userid", "effective_principals"):
            if not hasattr(factory, method):
                raise ConfigurationError(
                    f"Setting '{prefix}use' asks for {describe(factory)}, which is no "
                    f"authentication policy: it has no {method}(request)."
                )
    _check_arguments(factory, prefix, options)
    _try_arguments(factory, prefix, options)


def _check_module(config: Any, name: str) -> None:
    """Refuse a policy without settings, unless it is a module to include."""
    try:
        module = config.maybe_dotted(name)
    except ImportError:
        module = None
    if callable(module) or hasattr(module, "includeme"):
        return
    others = {
        key.removeprefix(_POLICY).partition(".")[0]
        for key in config.get_settings()
        if key.startswith(_POLICY)
    }
    near = nearest(name, others)
    meant = f" There is {_POLICY + near + '.*'!r}: did you mean that?" if near else ""
    raise PolicyError(
        f"Setting 'multiauth.policies' lists {name!r}, which is no module to include: "
        f"setting '{_POLICY}{name}.use' is missing.{meant}"
    )


def _check_arguments(factory: Any, prefix: str, options: Mapping[str, Any]) -> None:
    try:
        parameters = inspect.signature(factory).parameters
    except (TypeError, ValueError):
        return
    kinds = {each.kind for each in parameters.values()}
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        for option in options:
            if option not in parameters:
                raise ConfigurationError(
                    f"Setting '{prefix}{option}' is no argument of "
                    f"{describe(factory)}.{suggest(option, parameters)}"
                )
    variable = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    missing = [
        f"'{prefix}{name}'"
        for name, each in parameters.items()
        if each.default is each.empty
        and each.kind not in variable
        and name not in options
    ]
    if missing:
        raise ConfigurationError(
            f"Setting '{prefix}use' asks for {describe(factory)}, which lacks "
            f"arguments: set {', '.join(missing)}."
        )


def _try_arguments(factory: Any, prefix: str, options: Mapping[str, Any]) -> None:
    """Make a policy that can say which argument is wrong: here its setting is known."""
    if not getattr(factory, "checks_options", False):
        return
    try:
        factory(**options)
    except OptionError as error:
        raise ConfigurationError(
            f"Setting '{prefix}{error.option}': {error.sentence}"
        ) from error


def _resolve(config: Any, setting: str) -> Any:
    return resolve(config, setting, config.get_settings().get(setting))
