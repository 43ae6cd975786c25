"""The command ``cliquet token``: print a token, where the service has the secret."""

import argparse
import sys
from collections.abc import Callable

from cliquet.authentication import policies_of
from cliquet.types import Registry

_HOURS = 24


def add_options(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Declare the command."""
    command = add("token", help="print a JSON Web Token, signed with the own secret")
    command.add_argument("user", metavar="USER", help="whom the token is for")
    command.add_argument(
        "--hours",
        type=_positive,
        default=_HOURS,
        help=f"until it expires; {_HOURS} if none",
    )


def run(registry: Registry, *, user: str, hours: int = _HOURS) -> None:
    """Print a token of a user; exit with 1 if no policy has a secret to sign with."""
    for _, policy in policies_of(registry):
        if getattr(policy, "signs_tokens", False):
            try:
                token = policy.sign(user, hours * 60 * 60)
            except ValueError as error:
                sys.exit(f"{error}.")
            # Alone on standard output, for scripts.
            print(token)
            return
    sys.exit(
        "No policy of 'multiauth.policies' is of cliquet.authentication.jwt with a "
        "setting 'secret': tokens are those of the identity provider."
    )


def _positive(text: str) -> int:
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of hours")
    return int(text)
