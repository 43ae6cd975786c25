"""The directives of the specification: ``clause``, ``exchange``, and made tables.

A clause has an anchor (``#clause-pre-4``), which the role ``:clause:`PRE-4``` leads to.
"""

from collections import Counter
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective, SphinxRole

from docs.clauses import IDENTIFIER, LEVELS, anchor_of, read_clauses
from docs.exchanges import split_exchange


class ClauseDirective(SphinxDirective):
    """Write a clause: its identifier, its level, what must hold."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {
        "level": lambda value: directives.choice(value, LEVELS),
        "inside": directives.flag,
        "before": directives.unchanged,
        "why": directives.unchanged,
        "source": directives.unchanged,
    }

    def run(self):
        """Return the clause in a box that has its anchor."""
        self.assert_has_content()
        identifier = self.arguments[0]
        if not IDENTIFIER.fullmatch(identifier) or "level" not in self.options:
            raise self.error(f"{identifier} is no clause, or has no level")
        anchor = anchor_of(identifier)
        self._note(anchor, identifier)
        box = nodes.container(ids=[anchor], classes=["clause"])
        box += self._head(identifier, anchor)
        self.state.nested_parse(self.content, self.content_offset, box)
        return [box]

    def _note(self, anchor, identifier):
        domain = self.env.get_domain("std")
        domain.anonlabels[anchor] = self.env.docname, anchor
        domain.labels[anchor] = self.env.docname, anchor, identifier

    def _head(self, identifier, anchor):
        level = self.options["level"]
        head = nodes.paragraph(classes=["clause-head"])
        name = nodes.reference("", identifier, refuri=f"#{anchor}", internal=True)
        head += nodes.strong("", "", name, classes=["clause-name"])
        head += nodes.Text(" ")
        head += nodes.inline("", level, classes=["clause-level", f"clause-{level}"])
        if "inside" in self.options:
            head += nodes.Text(" ")
            head += nodes.inline("", "inside", classes=["clause-level"])
        for source in self.options.get("source", "").split():
            title, url = name_source(source)
            head += nodes.Text(" ")
            head += nodes.reference("", title, refuri=url, classes=["clause-source"])
        return head


def name_source(source):
    """Return the title and the URL of a document, such as ``rfc9110#section-13.1``."""
    document, _, place = source.partition("#")
    if document == "fetch":
        return "Fetch", f"https://fetch.spec.whatwg.org/#{place}"
    section = place.removeprefix("section-")
    number = document.removeprefix("rfc")
    title = f"RFC {number}" + (f", {section}" if section else "")
    return title, f"https://www.rfc-editor.org/rfc/rfc{number}.html#{place}"


class ExchangeDirective(SphinxDirective):
    """Show a request and its response; tests send the one and expect the other."""

    has_content = True
    option_spec: ClassVar = {
        "fresh": directives.flag,
        "settings": directives.unchanged,
        "absent": directives.unchanged,
    }

    def run(self):
        """Return two literal blocks."""
        self.assert_has_content()
        box = nodes.container(classes=["exchange"])
        for lines in split_exchange(list(self.content)):
            text = "\n".join(lines)
            block = nodes.literal_block(text, text, language="http")
            self.set_source_info(block)
            box += block
        return [box]


class ClauseRole(SphinxRole):
    """Lead to a clause."""

    def run(self):
        """Return the reference, which Sphinx resolves like that of a label."""
        node = addnodes.pending_xref(
            "",
            nodes.inline("", self.text),
            refdomain="std",
            reftype="ref",
            reftarget=anchor_of(self.text),
            refdoc=self.env.docname,
            refexplicit=True,
            refwarn=True,
        )
        self.set_source_info(node)
        return [node], []


class _Generated(SphinxDirective):
    """Insert what is made from all clauses."""

    def run(self):
        for page in {clause.page for clause in read_clauses()}:
            self.env.note_dependency(f"{self.env.srcdir}/specification/{page}.rst")
        container = nodes.container()
        lines = StringList(list(self.lines()), source="docs/clauses.py")
        self.state.nested_parse(lines, self.content_offset, container)
        return container.children


def _table(header, rows, widths):
    yield from (".. list-table::", "    :header-rows: 1", f"    :widths: {widths}", "")
    for row in (header, *rows):
        for position, cell in enumerate(row):
            yield f"    {'* -' if position == 0 else '  -'} {cell}"
    yield ""


class RepairedClauses(_Generated):
    """List what 3.1.5 did otherwise, and why that was a fault."""

    def lines(self):
        """Return the table."""
        rows = [
            (f":clause:`{each.identifier}`", each.before, each.why)
            for each in read_clauses()
            if each.level == "repaired"
        ]
        return _table(("Clause", "3.1.5", "Why that was a fault"), rows, "16 46 38")


class ClauseCounts(_Generated):
    """List the chapters, with the number of clauses of each level."""

    def lines(self):
        """Return the table."""
        clauses = read_clauses()
        counts = Counter((each.chapter, each.level) for each in clauses)
        pages = {each.chapter: each.page for each in clauses}
        rows = [
            (
                f"{chapter}: :doc:`{page}`",
                *(str(counts[chapter, level] or "") for level in LEVELS),
            )
            for chapter, page in pages.items()
        ]
        totals = [sum(each.level == level for each in clauses) for level in LEVELS]
        rows.append((f"{len(clauses)} clauses", *map(str, totals)))
        return _table(("Chapter", *LEVELS), rows, "48 13 13 13 13")


def setup(app):
    """Register the directives, the role and the style."""
    app.add_directive("clause", ClauseDirective)
    app.add_directive("exchange", ExchangeDirective)
    app.add_directive("repaired-clauses", RepairedClauses)
    app.add_directive("clause-counts", ClauseCounts)
    app.add_role("clause", ClauseRole())
    app.add_css_file("clauses.css")
    return {"parallel_read_safe": True}
