"""Numbers of JSON, written so that `jsonb` returns floats as floats.

`jsonb` keeps numbers as decimals: the float `1e+300` would come back as an integer of
301 digits. Written in full, with a decimal point, it comes back as the float it is.
"""

import re

# A number is matched as a whole, with or without exponent: what fails after a run of
# digits would be tried again at each of them.
_TOKENS = re.compile(
    r'"(?:[^"\\]|\\.)*+"?|-?[0-9.]++(?P<exponent>[eE][-+]?[0-9]++)?', re.DOTALL
)


def plain_floats(text: str) -> str:
    """Return a JSON text with its large floats written without exponent."""
    if "e+" not in text:
        return text
    return _TOKENS.sub(_plain, text)


def _plain(match: re.Match[str]) -> str:
    token, exponent = match.group(), match["exponent"]
    is_large = exponent is not None and "-" not in exponent
    return f"{float(token):.1f}" if is_large else token
