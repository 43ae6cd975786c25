"""What are the values that travel between modules called?"""

from typing import Any

Record = dict[str, Any]
"""One JSON object with at least an id and a timestamp."""

Timestamp = int
"""Milliseconds since the Unix epoch."""

Principal = str
"""Who may do something: a user, a group, or everyone."""
