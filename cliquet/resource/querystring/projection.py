"""Which fields of the records are wanted? (protocol §13.6)."""

from collections.abc import Collection, Iterable

from cliquet.resource.invalid import InvalidParameter


def parse_fields(
    text: str | None,
    *,
    known_fields: Collection[str] | None,
    always: Iterable[str] = ("id", "last_modified"),
) -> list[str] | None:
    """Read ``_fields``: names, with dots for what is inside objects.

    Args:
        text: value of the parameter; absent or empty means no projection.
        known_fields: fields that may be asked for, None for any.
        always: fields that are returned anyhow.

    Raises:
        InvalidParameter: naming the unknown fields.
    """
    if not text:
        return None
    names = text.split(",")
    if known_fields is not None:
        roots = dict.fromkeys(name.partition(".")[0] for name in names)
        unknown = [root for root in roots if root not in known_fields]
        if unknown:
            raise InvalidParameter(
                # Location and name are odd, but those of 3.1.5.
                "body",
                "Invalid _fields parameter",
                f"Fields {','.join(unknown)} do not exist",
            )
    return [*names, *always]
