"""Which piece of the request is bad, and why?

Pure helpers raise it; :mod:`cliquet.resource.responses` makes it a 400.
"""


class InvalidParameter(ValueError):  # noqa: N818 -- named by the architecture
    """A part of the request is not acceptable.

    Attributes:
        location: ``body``, ``querystring``, ``path`` or ``headers`` (protocol §4.4).
        name: name of the parameter, None when the whole location is meant.
        description: what is wrong, for the client.
    """

    def __init__(self, location: str, name: str | None, description: str) -> None:
        super().__init__(f"{location}: {name}: {description}")
        self.location = location
        self.name = name
        self.description = description
