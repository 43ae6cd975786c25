"""Schemas of resources: what the attribute `mapping` is, its fields, its options."""

import inspect
from collections.abc import Iterator
from typing import Any

import colander
from pyramid.exceptions import ConfigurationError

from cliquet.declarations.report import describe
from cliquet.dotted import nearest, suggest
from cliquet.nodes.binding import needs_binding

_WRITES = frozenset(("POST", "PUT", "PATCH"))
_OF_LETTERS = ("unique_fields", "readonly_fields")
_TUPLES = (*_OF_LETTERS, "computed_fields", "writeonly_fields")


def check_mapping(resource_cls: Any, deleted_field: str, methods: Any) -> None:
    """Refuse a schema that no request could be read with.

    Args:
        resource_cls: The class of the resource.
        deleted_field: The field that marks tombstones.
        methods: HTTP methods that the resource serves.

    Raises:
        ConfigurationError: With the class, and what its `mapping` should be.
    """
    who, mapping = describe(resource_cls), resource_cls.mapping
    if not hasattr(mapping, "deserialize") or not hasattr(mapping, "children"):
        raise ConfigurationError(
            f"{who}: mapping is {_shown(mapping)}, where an instance of a subclass of "
            "ResourceSchema is expected: class attributes of that are the fields, "
            "name = colander.SchemaNode(colander.String())."
        )
    if not hasattr(mapping, "get_option") and not _WRITES.isdisjoint(methods):
        raise ConfigurationError(
            f"{who}: the schema {describe(type(mapping))} is no ResourceSchema, so "
            "that nothing could be written: derive it from ResourceSchema of "
            "cliquet.resource instead of colander's MappingSchema."
        )
    if any(node.name == deleted_field for node in mapping.children):
        raise ConfigurationError(
            f"The schema of {resource_cls.__qualname__} declares {deleted_field!r}, "
            "the field that marks deleted records: please give that field another name."
        )
    computed = _option(mapping, "computed_fields") or ()
    for node in mapping.children:
        _check_node(who, node, node.name)
        if node.name in computed and node.required:
            raise ConfigurationError(
                f"{who}: clients may not send the computed field {node.name!r}, and "
                "have to: add missing=colander.drop to it."
            )


def _option(mapping: Any, option: str) -> Any:
    """Return an option, if the schema knows it: those of applications may be older."""
    try:
        return mapping.get_option(option)
    except AttributeError:
        return ()


def _check_node(who: str, node: Any, path: str) -> None:
    if isinstance(node.typ, type):
        name = node.typ.__name__
        raise ConfigurationError(
            f"{who}: the type of field {path!r} is the class {name}, where an instance "
            f"is expected: write colander.SchemaNode(colander.{name}())."
        )
    if isinstance(node.validator, list | tuple):
        raise ConfigurationError(
            f"{who}: field {path!r} has {len(node.validator)} validators: write "
            "validator=colander.All(…, …)."
        )
    for child in node.children:
        _check_node(who, child, f"{path}.{child.name}")


def find_odd(
    resource_cls: Any, inherited: Any, base: Any, *, computes: bool
) -> Iterator[str]:
    """Yield what 3.1 let pass in a schema, though it cannot be meant.

    Args:
        resource_cls: The class of the resource.
        inherited: The schema of those that declare none.
        base: The class `ResourceSchema`, with the options that there are.
        computes: The application may add fields that are not declared.
    """
    who, mapping = describe(resource_cls), resource_cls.mapping
    if mapping is inherited:
        yield (
            f"{who} declares no mapping: every field that is sent is dropped. Set "
            "mapping to an instance of your ResourceSchema (to ResourceSchema() if "
            "records shall have no field)."
        )
        return
    if "Options" in vars(resource_cls):
        yield (
            f"{who}: class Options changes nothing in a resource: it belongs into the "
            f"schema, {describe(type(mapping))}."
        )
    yield from _find_odd_attributes(mapping, base)
    yield from _find_odd_validators(describe(type(mapping)), mapping)
    if isinstance(mapping, base):
        yield from _find_odd_options(mapping, base)
        yield from _find_odd_fields(mapping, computes=computes)


def _find_odd_attributes(mapping: Any, base: Any) -> Iterator[str]:
    """Yield attributes of the schema that look like fields, and are none."""
    for owner in type(mapping).__mro__:
        if owner in base.__mro__:
            continue
        who, annotated = describe(owner), inspect.get_annotations(owner)
        fields = {node.name for node in getattr(owner, "__class_schema_nodes__", ())}
        for name, value in vars(owner).items():
            what = _mistaken(value)
            if what and name not in _OF_NODES:
                yield f"{who}: {name} is {what}, and no field: write {name} = {_NODE}."
        for name in annotated.keys() - fields - vars(owner).keys():
            if not name.startswith("_") and name not in _OF_NODES:
                yield (
                    f"{who}: {name} has a type and no value, and is no field: write "
                    f"{name} = {_NODE}."
                )


#: Attributes of nodes that are no likely names of fields.
_OF_NODES = frozenset(dir(colander.MappingSchema)) - {"name", "title", "description"}
_NODE = "colander.SchemaNode(colander.String())"


def _mistaken(value: Any) -> str | None:
    if isinstance(value, colander.SchemaType):
        return f"the type {type(value).__name__}"
    if isinstance(value, type) and issubclass(value, colander.SchemaType):
        return f"the class {value.__name__}"
    if isinstance(value, type) and issubclass(value, colander.SchemaNode):
        return f"the class {value.__name__} of a node"
    if isinstance(value, tuple) and any(
        isinstance(each, colander.SchemaNode) for each in value
    ):
        return "a tuple (of a comma too many)"
    return None


def _find_odd_validators(who: str, node: Any) -> Iterator[str]:
    for child in node.children:
        if isinstance(child.validator, type):
            name = child.validator.__name__
            yield (
                f"{who}: the validator of {child.name!r} is the class {name}, which "
                f"accepts everything: write validator=colander.{name}(…)."
            )
        yield from _find_odd_validators(who, child)


def _find_odd_options(mapping: Any, base: Any) -> Iterator[str]:
    who = describe(type(mapping))
    known = [name for name in dir(base.Options) if not name.startswith("_")]
    if type(mapping).get_option is base.get_option:
        for name in dir(mapping.Options):
            if not name.startswith("_") and name not in known:
                yield (
                    f"{who}: Options has {name!r}, which is no option and changes "
                    f"nothing.{suggest(name, known)}"
                )
    words = ("raise", "preserve", "ignore")
    in_words = _option(mapping, "unknown") or None
    if in_words is not None and in_words not in words:
        yield (
            f"{who}: unknown = {in_words!r} changes nothing: write "
            '"ignore", "preserve" or "raise".'
        )
    for name in ("Option", "options", "Meta"):
        if isinstance(vars(type(mapping)).get(name), type):
            yield f"{who}: class {name} changes nothing. Did you mean class Options?"
    unknown = mapping.get_option("preserve_unknown")
    if not isinstance(unknown, bool) and unknown not in words:
        yield (
            f"{who}: preserve_unknown = {unknown!r} is read as False: write True, "
            'False or "raise".'
        )


def _find_odd_fields(mapping: Any, *, computes: bool) -> Iterator[str]:
    """Yield the fields that options name, and that records cannot have.

    Args:
        mapping: The schema.
        computes: Something of the application may add fields that are not declared.
    """
    who, declared = describe(type(mapping)), [node.name for node in mapping.children]
    keeps_any = mapping.get_option("preserve_unknown") is True or needs_binding(mapping)
    for option in _TUPLES:
        names = _option(mapping, option)
        if isinstance(names, str):
            # A single letter is read as it is meant.
            if len(names) > 1:
                how = ", read letter by letter" if option in _OF_LETTERS else ""
                yield (
                    f"{who}: {option} = {names!r} is a text{how}: write {option} = "
                    f"({names!r},), with a comma."
                )
            continue
        for name in names or ():
            if name in declared or name in ("id", "last_modified") or keeps_any:
                continue
            if not computes or nearest(str(name), declared):
                yield (
                    f"{who}: {option} names {name!r}, which is no field of the schema."
                    f"{suggest(str(name), declared)}"
                )


def _shown(mapping: Any) -> str:
    kind = type(mapping).__name__
    if isinstance(mapping, type):
        return f"the class {describe(mapping)}"
    return f"a {kind}" if kind[0] not in "aeiou" else f"an {kind}"
