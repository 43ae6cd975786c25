"""What is created, changed and deleted one after the other is answered as described.

schemathesis follows the links of the description: it creates a record, and goes on with
what the answer tells of it, as one user or as nobody, on every engine.
"""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings

from cliquet.tests import testapp
from config import mushrooms
from tests.contract.backends import APP_ENGINES
from tests.docs.test_readme import ROOT
from tests.http.test_described_services import CHECKS
from tests.http.test_description import ALICE, SETTINGS, configure

pytestmark = pytest.mark.long_on("sqlite", "redis")

SHARED = ("bookmark", "toadstool", "moisture", "psilo", "spore", "book", "store")
#: Whoever comes may create, and see what they created.
OPEN = {
    "write_implies_read": "true",
    **{f"{name}_create_principals": "system.Everyone" for name in SHARED},
}


def _serve_shop(given):
    """The service of the tutorial, which its folder brings along."""
    import shop

    return shop.main({}, **given)


SERVICES = {
    "the sample": lambda given: mushrooms.main({}, **given),
    "the shop of the tutorial": _serve_shop,
    "the test application": testapp.main,
}
MORE = {
    **SERVICES,
    "every kind of resource": lambda given: configure(**given).make_wsgi_app(),
}


def explore(schema, headers, examples, steps):
    """Run the state machine of a description; return what was answered, by status."""
    answered = {}

    class Machine(schema.as_state_machine()):
        def setup(self):
            # What happens must not depend on what other examples left.
            for kind in ("storage", "permission", "cache"):
                getattr(schema.app.registry, kind).flush()

        def get_call_kwargs(self, case):
            return {"headers": headers}

        def validate_response(self, response, case, **kwargs):
            key = (case.operation.label, response.status_code)
            answered[key] = answered.get(key, 0) + 1
            # What this does otherwise asks that all that is described is accepted.
            case.validate_response(response, checks=CHECKS)

    Machine.run(
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
    )
    return answered


@pytest.fixture
def described(services, tmp_path, importable):
    """Make a service on an engine, and return its description."""
    importable(ROOT / "docs" / "tutorial" / "shop")

    def make(engine, make_app, **more):
        given = {**SETTINGS, **engine.settings(engine.url(services, tmp_path)), **more}
        engine.prepare(given)
        return schemathesis.openapi.from_wsgi("/v1/__api__", make_app(given))

    return make


engines = pytest.mark.parametrize("engine", APP_ENGINES, ids=lambda engine: engine.id)


@engines
@pytest.mark.parametrize("make_app", SERVICES.values(), ids=SERVICES)
def test_records_are_followed(engine, make_app, described):
    schema = described(engine, make_app, http_api_version="1.0", **OPEN)

    assert explore(schema, ALICE, examples=2, steps=5)


@pytest.mark.long
@engines
@pytest.mark.parametrize("make_app", MORE.values(), ids=MORE)
@pytest.mark.parametrize("headers", [ALICE, {}], ids=["a user", "nobody"])
def test_records_are_followed_far(engine, make_app, described, headers, request):
    schema = described(engine, make_app, http_api_version="1.0", **OPEN)

    examples = max(5, request.config.getoption("--fuzz-examples") // 60)
    answered = explore(schema, headers, examples, steps=15)

    assert any(status == 201 for _, status in answered)
