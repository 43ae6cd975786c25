"""The directive ``settings-reference``: every setting, from the table of the code."""

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

from cliquet.settings import PATTERNS, THEMES


def reference_lines():
    """Yield the reference as reStructuredText, theme by theme."""
    for theme, settings in THEMES.items():
        yield from (f".. rubric:: {theme}", "")
        for name, setting in settings.items():
            default = setting.default if setting.default != "" else "(empty)"
            if isinstance(default, tuple):
                default = " ".join(default)
            since = "" if setting.since == "3.1" else f" Since {setting.since}."
            yield f"``{name}``"
            yield f"    {setting.description}"
            yield (
                f"    Expected: {setting.kind.expectation}. "
                f"Default: ``{default}``.{since}"
            )
            yield ""
    yield from (".. rubric:: Names with a part of yours", "")
    for name, description in PATTERNS.items():
        yield from (f"``{name}``", f"    {description}", "")


class SettingsReference(Directive):
    """Insert the reference where it stands."""

    def run(self):
        """Parse the lines in place."""
        container = nodes.container()
        lines = StringList(list(reference_lines()), source="cliquet.settings")
        self.state.nested_parse(lines, self.content_offset, container)
        return [container]


def setup(app):
    """Register the directive."""
    app.add_directive("settings-reference", SettingsReference)
    return {"parallel_read_safe": True}
