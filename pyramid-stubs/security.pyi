from typing import Any

NO_PERMISSION_REQUIRED: str
Everyone: str
Authenticated: str
Allow: str
Deny: str

def __getattr__(name: str) -> Any: ...
