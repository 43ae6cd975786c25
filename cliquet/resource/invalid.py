"""The error of a part of a request that is not acceptable.

Pure helpers raise it; endpoints turn it into a 400.
"""

from cliquet.types import Location


class InvalidParameter(ValueError):  # noqa: N818 -- it is about a parameter
    """A part of the request is not acceptable.

    Attributes:
        location: Where in the request.
        name: Name of the parameter, None when the whole location is meant.
        description: What is wrong, for the client.
    """

    def __init__(self, location: Location, name: str | None, description: str) -> None:
        super().__init__(location, name, description)
        self.location = location
        self.name = name
        self.description = description
