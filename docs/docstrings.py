"""Docstrings as pages show them: what they cite of these pages is a link."""

import re

_CITATION = re.compile(r"`?\bdocs:\s+((?:[a-z0-9-]+(?:,\s+)?)+)`?")


def link(text):
    """Return a text whose citations, `docs: a-label, another`, are references."""

    def references(found):
        labels = [label.strip() for label in found[1].split(",") if label.strip()]
        return "see " + ", ".join(f":ref:`{label}`" for label in labels)

    return _CITATION.sub(references, text)


def link_citations(app, what, name, obj, options, lines):
    """Rewrite the lines of a docstring (called by autodoc)."""
    lines[:] = link("\n".join(lines)).split("\n")


def setup(app):
    """Register the rewriting."""
    app.connect("autodoc-process-docstring", link_citations)
    return {"parallel_read_safe": True}
