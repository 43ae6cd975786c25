"""Files that commands write: complete or absent, and readable by their owner only."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def replaced_file(path: str | Path) -> Iterator[IO[str]]:
    """Write a text file that takes its name when it is complete.

    Until then it has a name that nobody can foresee, beside it, so that no link can be
    planted; it is created for its owner alone, whatever was there before. What is no
    file, as `/dev/stdout` or a pipe, is written to.
    """
    target = Path(path)
    if target.exists() and not target.is_file():
        with target.open("w", encoding="utf-8") as file:
            yield file
        return
    number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    partial = Path(name)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def write_private(path: Path, text: str) -> None:
    """Write a text to a file that only its owner reads."""
    with replaced_file(path) as file:
        file.write(text)
