# Decorators keep the type of what they decorate.

from typing import Any, TypeVar

_Subscriber = TypeVar("_Subscriber")

class subscriber:
    def __init__(self, *ifaces: Any, **predicates: Any) -> None: ...
    def __call__(self, wrapped: _Subscriber) -> _Subscriber: ...

class NewRequest:
    request: Any
    def __init__(self, request: Any) -> None: ...

class NewResponse:
    request: Any
    response: Any
    def __init__(self, request: Any, response: Any) -> None: ...

class BeforeTraversal(NewRequest): ...
class ContextFound(NewRequest): ...

class ApplicationCreated:
    app: Any
    object: Any
    def __init__(self, app: Any) -> None: ...

def __getattr__(name: str) -> Any: ...
