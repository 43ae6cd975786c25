"""What developers are told of an error 500, where `pyramid.debug_all` is on.

Everywhere else it is in the log alone.
"""

import sysconfig
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cliquet.settings import is_debug

#: Of libraries, ours included: what is written elsewhere is the application's.
_LIBRARIES = (
    str(Path(__file__).parents[1]),
    *(sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib")),
)


def details_of(
    error: BaseException, settings: Mapping[str, Any]
) -> dict[str, str] | None:
    """Return an exception, and where it was raised, if developers are to see it.

    Of the lines that were passed through, it is the last one of the application.
    """
    if not is_debug(settings):
        return None
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith(_LIBRARIES)]
    told = {"exception": f"{type(error).__name__}: {error}"}
    if frames:
        last = (own or frames)[-1]
        told["raised"] = f"{last.filename}, line {last.lineno}, in {last.name}"
    return told
