"""Lists of what is shared, and what is not told to who may not read."""

from cliquet.conformance import expect
from cliquet.conformance.clauses import clause
from cliquet.conformance.probe import Probe


@clause("PERM-16", "mandatory")
def lists_have_what_may_be_read(probe: Probe) -> None:
    """List to who may not read a collection what they may read of it."""
    bob = probe.bob
    shown = [
        probe.article(permissions={"read": [bob.id]}, rank=each) for each in (2, 1)
    ]
    hidden = probe.article(rank=1)
    ids = [each.id for each in shown]
    query = f"{probe.shared}?in_id={','.join([*ids, hidden.id])}"
    response = bob.get(query)
    expect.same(expect.ids(response), ids, "ids of Bob's list")
    expect.header(bob.head(query), "Total-Records", "2")
    got = expect.ids(bob.get(f"{query}&_sort=rank"))
    expect.equal(got, ids[::-1], "ids of Bob's list in order")
    got = expect.ids(bob.get(f"{query}&rank=1"))
    expect.equal(got, ids[1:], "ids of Bob's list, filtered")
    pages = list(probe.walk(f"{query}&_sort=rank&_limit=1", bob))
    got = [each for page in pages for each in expect.ids(page)]
    expect.equal(got, ids[::-1], "ids of a walk by Bob")
    got = expect.ids(bob.get(probe.shared))
    expect.lacks(got, hidden.id, "ids of Bob's list, unfiltered")


@clause("PERM-17", "mandatory")
def lists_of_nothing_are_refused(probe: Probe) -> None:
    """Respond 401 or 403 to who may read neither a collection nor its records."""
    probe.article()
    for user, code in ((probe.stranger(), 403), (probe.nobody, 401)):
        response = user.get(probe.shared)
        if response.is_success and expect.ids(response):
            expect.skip("everybody may read some of the shared records")
        expect.status(response, code)
        expect.status(user.head(probe.shared), code)


@clause("PERM-18", "mandatory")
def lists_delete_what_may_be_written(probe: Probe) -> None:
    """Delete of a collection what the user may write, and nothing else."""
    alice, bob = probe.alice, probe.bob
    mine = probe.article()
    shown = probe.article(permissions={"read": [alice.id, bob.id]})
    given = probe.article(permissions={"read": [alice.id], "write": [bob.id]})
    # Of all that there is, Bob might delete what others gave to everybody.
    ours = ",".join(each.id for each in (mine, shown, given))
    got = expect.ids(bob.delete(f"{probe.shared}?in_id={ours}"))
    expect.equal(got, [given.id], "ids of what Bob deleted")
    for path in (mine.path, shown.path):
        expect.status(alice.get(path), 200)


@clause("PERM-19", "mandatory")
def lists_have_the_etag_of_all(probe: Probe) -> None:
    """Send the ETag of the whole collection with a list of what is shared."""
    probe.article(permissions={"read": [probe.bob.id]})
    hidden = probe.article()
    response = expect.status(probe.bob.get(probe.shared), 200)
    expect.header(response, "ETag", hidden.etag)


# --- what is not told ---


@clause("PERM-20", "repaired")
def writers_are_told_what_they_sent(probe: Probe) -> None:
    """Respond to a write of who may not read with what they sent, and no more."""
    alice, bob = probe.alice, probe.bob
    article = probe.article(
        hidden="x", permissions={"read": [alice.id], "write": [bob.id]}
    )
    got = expect.data(bob.patch(article.path, {"title": "two"}))
    stored = expect.data(alice.get(article.path))
    wanted = {name: stored[name] for name in ("id", "last_modified", "title")}
    expect.equal(got, wanted, "the answer to Bob's PATCH")
    got = expect.data(bob.patch(article.path, json={"data": {}}))
    expect.lacks(got, "hidden", "the answer to Bob's PATCH of nothing")
    expect.lacks(got, "title", "the answer to Bob's PATCH of nothing")
    got = expect.data(bob.put(article.path, {"title": "three"}))
    stored = expect.data(alice.get(article.path))
    wanted = {name: stored[name] for name in ("id", "last_modified", "title")}
    expect.equal(got, wanted, "the answer to Bob's PUT")


@clause("PERM-21", "repaired")
def conflicts_are_told_to_readers(probe: Probe) -> None:
    """Keep the other record of a 409, and its id, from who may not read it."""
    slug = probe.word()
    other = probe.article(slug=slug)
    mine = probe.article(probe.bob)
    for response in (
        probe.bob.patch(mine.path, {"slug": slug}),
        probe.bob.put(mine.path, {"slug": slug}),
    ):
        found = expect.error(response, 409, 122)
        expect.lacks(found.get("details", {}), "existing", "details of the 409")
        expect.lacks(response.text, other.id, "the body of the 409")
    response = probe.alice.patch(probe.article().path, {"slug": slug})
    found = expect.error(response, 409, 122)
    existing = found.get("details", {}).get("existing")
    expect.equal(existing, other.data, "details.existing for a reader")
