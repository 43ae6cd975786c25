"""Where records and permissions are in two databases, that of the records commits last.

Its locks keep other writers out: whoever has waited for them finds what was written along.
"""

import pytest
import sqlalchemy
import transaction

from tests.contract.backends import APP_ENGINES


@pytest.fixture(params=["sqlite", "postgresql"])
def backends(request, services, tmp_path_factory):
    (engine,) = (each for each in APP_ENGINES if each.id == request.param)
    found = {}
    for kind in ("storage", "permission"):
        url = engine.url(services, tmp_path_factory.mktemp(kind))
        found[kind] = engine.load(kind, url, transaction_per_request=True)
    return found


@pytest.mark.parametrize("first", ["storage", "permission"])
def test_the_database_of_the_records_commits_last(backends, first):
    ended = []
    for kind, backend in backends.items():
        sqlalchemy.event.listen(
            backend.client.engine, "commit", lambda _, kind=kind: ended.append(kind)
        )
    writes = {
        "storage": lambda: backends["storage"].create("c", "p", {}),
        "permission": lambda: backends["permission"].add_user_principal("u", "g"),
    }
    order = [first, *(kind for kind in writes if kind != first)]

    # Connections have the order of their addresses otherwise.
    for _ in range(20):
        for kind in order:
            writes[kind]()
        transaction.commit()

    assert ended[-40:] == ["permission", "storage"] * 20
