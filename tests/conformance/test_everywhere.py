"""The whole kit, on each profile of the sample, by each server and on each engine."""

from contextlib import closing

import pytest

from cliquet.conformance.clauses import all_clauses
from cliquet.conformance.reports.summary import Report
from cliquet.conformance.runner import Verdict, run_clauses
from cliquet.conformance.server import find_server
from cliquet.conformance.starter import started
from tests.conformance.profiles import ORIGIN, PROFILES, server_of

pytestmark = pytest.mark.long


def found_on(server):
    """Return what the kit finds wrong with a server, and how many clauses hold."""
    outcomes = list(run_clauses(all_clauses(), server))
    report = Report("ours", "today", "0", outcomes)
    wrong = [f"{each.clause.id}: {each.message}" for each in report.failures]
    return wrong, sum(each.verdict is Verdict.PASSED for each in outcomes)


def test_no_clause_fails_on_a_profile(profile):
    wrong, held = found_on(server_of(profile))

    assert wrong == []
    assert held > 200 or profile in ("readonly", "ended")


def test_no_clause_fails_on_a_server_and_engine(
    server_name, on_engine, services, tmp_path
):
    url = on_engine.url(services, tmp_path)
    settings = {
        f"{kind}_{part}": value
        for kind in ("storage", "permission", "cache")
        for part, value in (("backend", f"cliquet.{kind}.{on_engine.id}"), ("url", url))
    }
    with started(None, server_name, settings) as address:
        server = find_server(address)
        with closing(server.client):
            wrong, held = found_on(server)

    assert wrong == []
    assert held > 200


def test_profiles_are_what_they_are_for():
    features = {name: server_of(name).features for name in PROFILES}

    wanted = {
        "strict": "strict_preconditions",
        "required": "require_preconditions",
        "readonly": "readonly",
        "ending": "ending",
        "ended": "ended",
        "origins": "origins",
    }
    for name, feature in wanted.items():
        assert feature in features[name]
        assert feature not in features["default"]
    assert server_of("default").origin == ORIGIN
