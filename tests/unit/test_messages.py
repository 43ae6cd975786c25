"""Messages of colander that clients are shown hold no Python."""

import inspect
import re

import colander
import pytest

from cliquet.nodes.messages import _OTHER_WORDS

TEMPLATES = sorted(
    {
        "".join(re.findall(r"'([^']*)'", found[1]))
        for found in re.finditer(
            r"\b_\(\s*((?:'[^'\n]*'\s*)+)[,)]", inspect.getsource(colander)
        )
    }
)
#: What only those who write Python understand.
PYTHON = re.compile(r"\$\{(?:err|cls)\}|__\w+__|dotted|object\b")
#: When a value is written, not when it is read; 3.1 promises the last one.
KEPT = {
    '"${val}" is not a date object', '"${val}" is not a datetime object',
    '"${val}" is not a time object', "${val} cannot be serialized: ${err}",
    "${val} is not a string: ${err}",
}  # fmt: skip


def test_messages_are_found():
    assert len(TEMPLATES) > 20
    assert set(_OTHER_WORDS) <= set(TEMPLATES)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_message_is_in_words_of_json(template):
    said = _OTHER_WORDS.get(template, template)

    if template not in KEPT and template not in _OTHER_WORDS:
        assert PYTHON.search(said) is None
