from typing import Any

class Response:
    status_code: int
    headers: Any
    body: bytes
    content_type: Any
    charset: Any
    request: Any
    def __init__(
        self,
        body: Any = ...,
        status: Any = ...,
        headerlist: Any = ...,
        app_iter: Any = ...,
        content_type: str | None = ...,
        **kw: Any,
    ) -> None: ...
    def __call__(self, environ: Any, start_response: Any) -> Any: ...
    def __getattr__(self, name: str) -> Any: ...

def __getattr__(name: str) -> Any: ...
