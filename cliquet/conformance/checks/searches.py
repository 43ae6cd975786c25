"""Lists by what texts and arrays hold, and by fields that are there."""

from cliquet.conformance import expect
from cliquet.conformance.checks.lists import expect_listed
from cliquet.conformance.clauses import SERVING, clause
from cliquet.conformance.probe import Probe

_QUERIES = (SERVING, "queries")


@clause("LIST-37", "repaired", needs=_QUERIES)
def texts_are_searched(probe: Probe) -> None:
    """List texts that hold a text in any case, or have a pattern as a whole."""
    summer, ratio = probe.note(title="L'Été, 2x"), probe.note(title="50%_a")
    expect_listed(probe, "like_title=%C3%89T%C3%A9,%202X", [summer])
    expect_listed(probe, "like_title='%C3%89t", [summer])
    expect_listed(probe, "like_title=%25_", [ratio])
    expect_listed(probe, "like_title=_%25", [])
    expect_listed(probe, "like_title=", [summer, ratio])
    expect_listed(probe, "like_title=l'*x", [summer])
    expect_listed(probe, "like_title=50*", [ratio])
    expect_listed(probe, "like_title=*50", [])
    expect_listed(probe, "like_rank=0", [])


@clause("LIST-38", "repaired", needs=_QUERIES)
def presence_is_asked_for(probe: Probe) -> None:
    """List records that have a field, or have it not."""
    named, other = probe.note(slug=probe.word()), probe.note()
    expect_listed(probe, "has_slug=true", [named])
    expect_listed(probe, "has_slug=false", [other])
    expect_listed(probe, "has_title=true", [named, other])
    for value in ("1", "None", "yes", ""):
        refused = probe.alice.get(f"{probe.private}?has_slug={value}")
        said = expect.detail(refused, "querystring", "has_slug")
        expect.equal(said, "Invalid value for has_slug", "description")


@clause("LIST-39", "repaired", needs=_QUERIES)
def arrays_are_searched(probe: Probe) -> None:
    """List arrays that hold all of some values, or one of them."""
    both, one = probe.note(tags=["a", "b"], title="a"), probe.note(tags=["b"])
    if "tags" not in both.data:
        expect.skip("the private resource has no field tags")
    probe.note(title="b")
    expect_listed(probe, "contains_tags=b", [both, one])
    expect_listed(probe, "contains_tags=a,b", [both])
    expect_listed(probe, "contains_tags=a,c", [])
    expect_listed(probe, "contains_any_tags=a,c", [both])
    expect_listed(probe, "contains_any_tags=c", [])
    expect_listed(probe, "contains_title=a", [])


@clause("LIST-40", "repaired", needs=_QUERIES)
def objects_are_looked_into(probe: Probe) -> None:
    """Filter and sort by what is inside of objects."""
    high = probe.note(title="a", place={"city": "Lyon", "floor": 3})
    if "place" not in high.data:
        expect.skip("the private resource has no field place")
    low, nowhere = probe.note(title="b", place={"floor": 1}), probe.note(title="c")
    expect_listed(probe, "place.floor=3", [high])
    expect_listed(probe, "min_place.floor=2", [high])
    expect_listed(probe, "in_place.floor=1,2", [low])
    expect_listed(probe, "not_place.floor=3", [low, nowhere])
    expect_listed(probe, "like_place.city=ly", [high])
    expect_listed(probe, "has_place.city=false", [low, nowhere])
    for sort, wanted in (
        ("place.floor", [low, high, nowhere]),
        ("-place.floor", [nowhere, high, low]),
    ):
        listed = expect.ids(probe.alice.get(f"{probe.private}?_sort={sort}"))
        expect.equal(listed, [each.id for each in wanted], f"_sort={sort}")
    for query in ("place.none=1", "title.a=1", "_sort=place.none", "_sort=title.a"):
        expect.error(probe.alice.get(f"{probe.private}?{query}"), 400, 107)
