"""The handler of docs/operations.rst, while `logrotate` moves its file away."""

import logging
import logging.config
import re

from tests.docs.test_facts import PAGES
from tests.docs.test_readme import code_blocks

_REST = """
[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = plain
[logger_root]
level = INFO
handlers = console
[formatter_plain]
format = %(message)s
"""


def test_lines_go_to_the_new_file_once_the_old_one_is_moved(tmp_path):
    (block,) = [
        text
        for text in code_blocks(PAGES["operations.rst"], "ini")
        if "[handler_console]" in text
    ]
    written = re.search(r'"(/\S+)"', block)[1]
    log = tmp_path / "service.log"
    settings = tmp_path / "service.ini"
    settings.write_text(_REST + block.replace(written, str(log)))
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    try:
        logging.config.fileConfig(settings, disable_existing_loggers=False)
        root.info("before")
        log.rename(tmp_path / "service.log.1")
        root.info("after")
    finally:
        for handler in root.handlers:
            handler.close()
        root.handlers[:] = kept
        root.setLevel(level)

    assert (tmp_path / "service.log.1").read_text() == "before\n"
    assert log.read_text() == "after\n"
