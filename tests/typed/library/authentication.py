"""Who sends a request: staff with tokens, readers with the number of their card."""

import cliquet
from cliquet.authentication.jwt import JWTAuthenticationPolicy


class StaffTokens(JWTAuthenticationPolicy):
    """Tokens; whoever has one is of the staff besides."""

    def effective_principals(self, request: cliquet.Request) -> list[str]:
        """Return the groups of the token, and that of the staff."""
        found = super().effective_principals(request)
        return [*found, "group:staff"] if self.authenticated_userid(request) else found


class CardPolicy:
    """Readers, by `X-Card`."""

    def authenticated_userid(self, request: cliquet.Request) -> str | None:
        """Return the number of the card, None if it is none."""
        number = request.headers.get("X-Card", "")
        return number if number.isdigit() else None

    def unauthenticated_userid(self, request: cliquet.Request) -> str | None:
        """Return the same: a card proves nothing more."""
        return self.authenticated_userid(request)

    def effective_principals(self, request: cliquet.Request) -> list[str]:
        """Return the group of readers, for those who have a card."""
        return ["group:readers"] if self.authenticated_userid(request) else []

    def remember(
        self, request: cliquet.Request, userid: str, **options: object
    ) -> list[tuple[str, str]]:
        """Return no header: clients send the card each time."""
        return []

    def forget(self, request: cliquet.Request) -> list[tuple[str, str]]:
        """Return the challenge."""
        return [("WWW-Authenticate", 'Card realm="Library"')]
