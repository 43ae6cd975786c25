from collections.abc import Callable, Iterable
from typing import Any

class Router:
    registry: Any
    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]: ...
    def invoke_subrequest(self, request: Any, use_tweens: bool = ...) -> Any: ...
    def __getattr__(self, name: str) -> Any: ...
