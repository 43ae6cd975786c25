from typing import Any

Everyone: str
Authenticated: str
Allow: str
Deny: str
ALL_PERMISSIONS: Any
DENY_ALL: Any

def __getattr__(name: str) -> Any: ...
