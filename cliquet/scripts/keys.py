"""The command ``cliquet keys``: make, list and revoke API keys."""

import argparse
import datetime as dt
import sys
from collections.abc import Callable

import transaction

from cliquet.authentication import keys
from cliquet.declarations.start import backend_problems
from cliquet.storage.exceptions import BackendError
from cliquet.types import Registry

_SHOWN = 12


def add_options(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Declare the command with its own commands."""
    command = add("keys", help="make, list and revoke API keys")
    actions = command.add_subparsers(metavar="ACTION", dest="action", required=True)
    create = actions.add_parser("create", help="print a new key; it is shown this once")
    create.add_argument("asked", metavar="USER", help="whom the key is for")
    actions.add_parser("list", help="list keys by the begin of their ids, with users")
    revoke = actions.add_parser("revoke", help="have a key count no longer")
    revoke.add_argument("asked", metavar="KEY", help="its id as listed, or the key")


def run(registry: Registry, *, action: str, asked: str = "") -> None:
    """Do what was asked; exit with 1 if it cannot be done."""
    storage = getattr(registry, "storage", None)
    if storage is None:
        sys.exit("No storage is configured, in which keys are kept: 'storage_backend'.")
    if str(registry.settings.get("storage_backend")).endswith(".memory"):
        sys.exit("The storage is the memory of a process: keys would be gone with it.")
    if problem := backend_problems(registry).get("storage"):
        sys.exit(f"{problem}.")
    try:
        _ACTIONS[action](storage, asked)
    except (ValueError, keys.UnknownKeyError, BackendError) as error:
        transaction.abort()
        sys.exit(f"{error}.")


def _create(storage: object, user: str) -> None:
    key, stored = keys.create(storage, user)
    transaction.commit()
    # Alone on standard output, for scripts.
    print(key)
    told = f"Key {stored.id[:_SHOWN]} of {stored.user}: it cannot be shown again."
    print(told, file=sys.stderr)


def _list(storage: object, _: str) -> None:
    for stored in keys.list_all(storage):
        created = dt.datetime.fromtimestamp(stored.created / 1000, dt.UTC)
        print(f"{stored.id[:_SHOWN]}  {created:%Y-%m-%d %H:%M}  {stored.user}")


def _revoke(storage: object, asked: str) -> None:
    stored = keys.revoke(storage, asked)
    transaction.commit()
    print(f"Key {stored.id[:_SHOWN]} of {stored.user} counts no longer.")


_ACTIONS: dict[str, Callable[[object, str], None]] = {
    "create": _create,
    "list": _list,
    "revoke": _revoke,
}
