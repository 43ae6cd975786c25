"""Settings: the table of them, where values come from, which values are refused.

``table`` lists them, ``kinds`` says what they may be, ``loading`` finds values,
``environment`` those of patterned names, ``secrets`` hides them.
"""

from typing import Any

from cliquet.settings.environment import is_patterned as is_patterned
from cliquet.settings.loading import check_settings as check_settings
from cliquet.settings.loading import get_setting as get_setting
from cliquet.settings.loading import invalid_setting as invalid_setting
from cliquet.settings.loading import is_debug as is_debug
from cliquet.settings.loading import load_default_settings as load_default_settings
from cliquet.settings.patterns import PATTERNS as PATTERNS
from cliquet.settings.secrets import is_poor_secret as is_poor_secret
from cliquet.settings.secrets import show_setting as show_setting
from cliquet.settings.table import SETTINGS as SETTINGS
from cliquet.settings.table import THEMES as THEMES

#: What an application starts from: the settings of 3.1. Never modified: copy it.
DEFAULT_SETTINGS: dict[str, Any] = {
    name: setting.default
    for name, setting in SETTINGS.items()
    if setting.since == "3.1"
}
