"""How do numbers of JSON survive in `jsonb`?

`jsonb` keeps numbers as decimals: the float `1e+300` would come back as an integer of
301 digits. Written in full, with a decimal point, it comes back as the float it is.
"""

import re

_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9.]+[eE]\+?[0-9]+')


def plain_floats(text: str) -> str:
    """Write the large floats of a JSON text without exponent."""
    if "e+" not in text:
        return text
    return _TOKENS.sub(_plain, text)


def _plain(match: re.Match[str]) -> str:
    token = match.group()
    return token if token.startswith('"') else f"{float(token):.1f}"
