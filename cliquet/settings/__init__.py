"""Settings: which ones exist, where values come from, which values are refused.

``table`` lists them (rows are in ``server`` and ``http``), ``kinds`` says what they
may be, ``loading`` finds values.
"""

from typing import Any

from cliquet.settings.loading import (
    check_settings,
    get_setting,
    load_default_settings,
)
from cliquet.settings.rows import Setting
from cliquet.settings.table import PATTERNS, SETTINGS, TABLE

__all__ = [
    "DEFAULT_SETTINGS",
    "PATTERNS",
    "SETTINGS",
    "TABLE",
    "Setting",
    "check_settings",
    "get_setting",
    "load_default_settings",
]

#: What an application starts from. Never modified: copy it (python-api §3.1).
DEFAULT_SETTINGS: dict[str, Any] = {
    setting.name: setting.default for setting in TABLE if setting.is_default
}
