"""The directive ``settings-reference``: every setting, from the table of the code."""

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

from cliquet.settings import PATTERNS, TABLE


def reference_lines():
    """Write the reference as reStructuredText, theme by theme."""
    themes = {}
    for setting in TABLE:
        themes.setdefault(setting.theme, []).append(setting)
    for theme, settings in themes.items():
        yield from (f".. rubric:: {theme.capitalize()}", "")
        for setting in settings:
            default = setting.default if setting.default != "" else "(empty)"
            if isinstance(default, tuple):
                default = " ".join(default)
            yield f"``{setting.name}``"
            yield f"    {setting.description}"
            yield f"    Expected: {setting.kind.expectation}. Default: ``{default}``."
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
