"""The description of a page, for search engines: the first paragraph that says much."""

from html import escape

from docutils import nodes
from sphinx.application import Sphinx

SHORTEST, LONGEST = 40, 160


def describe(doctree: nodes.document) -> str:
    """Return a paragraph of a page as plain text, cut between words."""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if len(text) > LONGEST:
            return f"{text[: LONGEST - 1].rpartition(' ')[0]}…"
        if len(text) >= SHORTEST:
            return text
    return ""


def add_description(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, object],
    doctree: nodes.document | None,
) -> None:
    """Put the description into the head of the page, unless it says one itself."""
    metatags = str(context.get("metatags", ""))
    if doctree is None or 'name="description"' in metatags:
        return
    if text := describe(doctree):
        tag = f'<meta name="description" content="{escape(text)}">'
        context["metatags"] = f"{metatags}\n{tag}"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("html-page-context", add_description)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
