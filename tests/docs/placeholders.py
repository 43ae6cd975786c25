"""What stands in pages for whatever a server gives."""

import json
import re

UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
TIMESTAMP = r"18000000\d{5}"
TOKEN = r"(?<=_token=)[A-Za-z0-9+/=%_-]+"
#: What is shown, and what the server may give.
PLACEHOLDERS = [
    (UUID, UUID),
    (TIMESTAMP, r"[1-9]\d{12}"),
    (TOKEN, r"[A-Za-z0-9+/=%_-]+"),
    # Secrets and what is as long: the begin of one, and an ellipsis.
    (r"basicauth:[0-9a-f]+…", "basicauth:[0-9a-f]{64}"),
    (r"ck_\w+…", r"ck_[\w-]+"),
    (r"eyJ\w+…", r"eyJ[\w.-]+"),
    (r"\b[0-9a-f]{12}\b", "[0-9a-f]{12}"),
    (r"2027-01-15 \d\d:\d\d", r"\d{4}-\d\d-\d\d \d\d:\d\d"),
]
ANY = re.compile("|".join(f"({shown})" for shown, _ in PLACEHOLDERS))


class Bound:
    """What the placeholders of a story stand for."""

    def __init__(self):
        self.values = {}

    def fill_in(self, text):
        """Return a request as it is sent; what was never answered stands for itself."""
        return ANY.sub(lambda found: self.values.setdefault(found[0], found[0]), text)

    def expect(self, shown, given):
        """Compare a text with what is shown, and remember what placeholders stand for."""
        pattern, end, names = "", 0, []
        for found in ANY.finditer(shown):
            pattern += re.escape(shown[end : found.start()])
            pattern += f"({PLACEHOLDERS[found.lastindex - 1][1]})"
            end = found.end()
            names.append(found[0])
        matched = re.fullmatch(pattern + re.escape(shown[end:]), given)
        assert matched, f"{shown!r} is shown, {given!r} was answered"
        for name, value in zip(names, matched.groups(), strict=True):
            assert self.values.setdefault(name, value) == value

    def expect_json(self, shown, given, key=None):
        if isinstance(shown, dict) and isinstance(given, dict):
            some = given.keys() & shown.keys() if key == "headers" else given.keys()
            assert shown.keys() == some
            for name, value in shown.items():
                self.expect_json(value, given[name], name)
        elif isinstance(shown, list) and isinstance(given, list):
            assert len(shown) == len(given)
            if key in ("read", "write"):
                shown, given = sorted(shown), sorted(given)
            for left, right in zip(shown, given, strict=True):
                self.expect_json(left, right)
        else:
            left, right = (
                json.dumps(each, ensure_ascii=False) for each in (shown, given)
            )
            self.expect(left, right)

    def check_timestamps(self):
        """A greater one was given later."""
        told = sorted(name for name in self.values if re.fullmatch(TIMESTAMP, name))
        given = [int(self.values[name]) for name in told]
        assert given == sorted(set(given))
