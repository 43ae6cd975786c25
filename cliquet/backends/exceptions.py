"""How does a backend say that it failed?"""


class BackendError(Exception):
    """The backend could not do its work: the request is answered 503.

    Attributes:
        original: The exception of the driver.
    """

    def __init__(
        self,
        original: BaseException | None = None,
        message: str | None = None,
        *args: object,
        **kwargs: object,
    ) -> None:
        self.original = original
        if message is None:
            message = f"{type(original).__name__}: {original}"
        super().__init__(message, *args)
