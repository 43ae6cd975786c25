"""Schemas: the fields of records, and what permissions may be.

colander deserialises a flat mapping of five scalars in 4 µs, one of fifty in 25 µs
(Python 3.11): schemas are used as they are. What costs is `bind`, 120 µs, which
:mod:`cliquet.nodes.binding` spares unless a schema needs it.
"""

import re
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import colander

from cliquet.bounds import MAX_PERMISSIONS, MAX_PRINCIPAL, MAX_PRINCIPALS
from cliquet.nodes.binding import ignores_bindings
from cliquet.text import strip_whitespace
from cliquet.timestamps import msec_time

__all__ = [
    "URL",
    "PermissionsSchema",
    "ResourceSchema",
    "TimeStamp",
    "msec_time",
    "strip_whitespace",
]


#: What colander calls the values of an option.
_UNKNOWN = {True: "preserve", "raise": "raise"}
_PRESERVE = {"ignore": False, "preserve": True, "raise": "raise"}


@ignores_bindings
class ResourceSchema(colander.MappingSchema):
    """Fields of a record; `id` and `last_modified` are not among them.

    Options are redefined by an inner class `Options`, whether or not it inherits
    from this one, and are read each time they matter.
    """

    if TYPE_CHECKING:

        class Options(Protocol):
            """Any class: that of a subclass need not inherit from it."""

    else:

        class Options:
            """Defaults of the options."""

            unique_fields: tuple[str, ...] = ()
            """Fields whose values are unique in the collection."""

            readonly_fields: tuple[str, ...] = ()
            """Fields that a PATCH may not change."""

            preserve_unknown: bool | str = False
            """Keep the fields that are not declared, instead of dropping them.

            With `"raise"` they are refused.
            """

            unknown: str | None = None
            """The same in words: `"ignore"`, `"preserve"` or `"raise"`."""

            computed_fields: tuple[str, ...] = ()
            """Fields that clients may not set: `process_record` does."""

            writeonly_fields: tuple[str, ...] = ()
            """Fields that clients may set, and are never shown."""

    def get_option(self, attr: str) -> Any:
        """Return an option, or its default."""
        if attr == "preserve_unknown":
            unknown = getattr(self.Options, "unknown", None)
            if isinstance(unknown, str) and unknown in _PRESERVE:
                return _PRESERVE[unknown]
        default = getattr(ResourceSchema.Options, attr)
        return getattr(self.Options, attr, default)

    def is_readonly(self, field: str) -> bool:
        """Return True if a PATCH may not change a field."""
        return field in self.get_option("readonly_fields")

    def schema_type(self, **kw: Any) -> Any:
        """Return the colander type: what becomes of undeclared fields."""
        unknown = self.get_option("preserve_unknown")
        return colander.Mapping(unknown=_UNKNOWN.get(unknown, "ignore"))


@ignores_bindings
class PermissionsSchema(colander.SchemaNode):
    """Principals by permission name (docs: protocol-permissions).

    Attributes:
        known_perms: Names that are accepted; empty means any.
    """

    def __init__(
        self, *args: Any, permissions: tuple[str, ...] = (), **kwargs: Any
    ) -> None:
        self.known_perms = permissions
        super().__init__(*args, **kwargs)

    @staticmethod
    def schema_type() -> Any:
        """Return the colander type: an object, of any keys."""
        return colander.Mapping(unknown="preserve")

    def deserialize(self, cstruct: Any = colander.null) -> Any:
        """Check names, and that each has a list of texts.

        Raises:
            colander.Invalid: at the first bad permission.
        """
        if isinstance(cstruct, dict):
            self._check_numbers(cstruct)
        permissions = super().deserialize(cstruct)
        if permissions in (colander.null, colander.drop):
            return permissions
        return {
            name: self._principals(name, principals)
            for name, principals in permissions.items()
        }

    def _check_numbers(self, permissions: dict[str, Any]) -> None:
        """Refuse more than may be given, before any of it is looked at."""
        if len(permissions) > MAX_PERMISSIONS:
            description = f"Number of permissions is limited to {MAX_PERMISSIONS}"
            raise colander.Invalid(self, description)
        for name, principals in permissions.items():
            _check_principal(self, name)
            if isinstance(principals, list) and len(principals) > MAX_PRINCIPALS:
                failure = colander.Invalid(self)
                description = f"Number of principals is limited to {MAX_PRINCIPALS}"
                failure.add(colander.Invalid(_principals_node(name), description))
                raise failure

    def _principals(self, name: str, principals: Any) -> Any:
        if self.known_perms and name not in self.known_perms:
            known = ", ".join(self.known_perms)
            raise colander.Invalid(self, f'"{name}" is not one of {known}')
        try:
            return _PRINCIPALS.deserialize(principals)
        except colander.Invalid as error:
            error.node = _principals_node(name)
            failure = colander.Invalid(self)
            failure.add(error)
            raise failure from error


def _principals_node(name: str) -> Any:
    """Return the schema of the principals of a permission."""
    principal = colander.SchemaNode(colander.String(), validator=_check_principal)
    return colander.SchemaNode(colander.Sequence(), principal, name=name)


@ignores_bindings
def _check_principal(node: Any, value: str) -> None:
    if len(value.encode()) > MAX_PRINCIPAL:
        raise colander.Invalid(node, f"Longer than {MAX_PRINCIPAL} bytes")


#: Making it takes longer than using it.
_PRINCIPALS = _principals_node("")


@ignores_bindings
class TimeStamp(colander.SchemaNode):
    """An integer: milliseconds since the epoch; now, unless given."""

    schema_type = colander.Integer

    title = "Epoch timestamp"
    """What documentation generators call the field."""

    auto_now = True
    """Whether the current time is the default."""

    missing = None
    """The value when there is none, and `auto_now` is false."""

    json_schema: ClassVar[dict[str, Any]] = {"type": ["integer", "null"]}
    """What descriptions of the service tell of it."""

    def deserialize(self, cstruct: Any = colander.null) -> Any:
        """Read a timestamp, or take the current one."""
        if cstruct is colander.null and self.auto_now:
            cstruct = msec_time()
        return super().deserialize(cstruct)


# colander 2 only takes http and ftp; this is the check of colander 1, a prefix match.
_URL_BEGINNING = re.compile(
    r"(?i)(?:[a-z][\w-]+:(?:/{1,3}|[a-z0-9%])|www\d{0,3}[.]|[a-z0-9.-]+[.][a-z]{2,4}/)"
)
_URL_REST = re.compile(r"[^\s()<>]+")
_PUNCTUATION = "`!()[]{};:'\".,<>?«»“”‘’"  # noqa: RUF001


@ignores_bindings
def _check_url(node: Any, value: str) -> None:
    """Refuse a text that does not begin like a URL.

    In linear time, whatever the text.
    """
    for beginning in _beginnings(value):
        rest = _URL_REST.match(value, beginning)
        # Two characters at least; any rest that ends on no punctuation would do.
        if rest and rest.group()[1:].strip(_PUNCTUATION):
            return
    raise colander.Invalid(node, "Must be a URL")


def _beginnings(value: str) -> list[int]:
    """List where the part after the beginning of a URL may start."""
    matched = _URL_BEGINNING.match(value)
    if matched is None:
        return []
    # `http:///` also begins with `http://`: what is left decides.
    extra = len(matched.group()) - len(matched.group().rstrip("/"))
    return [matched.end() - back for back in range(max(extra, 1))]


#: The same, for clients: letters are those of ASCII.
_check_url.json_schema = {  # type: ignore[attr-defined]
    "pattern": (
        r"^([A-Za-z][A-Za-z0-9_-]+:(/{1,3}|[A-Za-z0-9%])|[Ww]{3}[0-9]{0,3}[.]|"
        rf"[A-Za-z0-9.-]+[.][A-Za-z]{{2,4}}/)[^\s()<>]+[^\s{re.escape(_PUNCTUATION)}]"
    )
}


class URL(colander.SchemaNode):
    """A full URL, of at most 2048 characters; surrounding blanks are removed."""

    schema_type = colander.String
    preparer = staticmethod(strip_whitespace)
    validator = colander.All(_check_url, colander.Length(min=1, max=2048))
