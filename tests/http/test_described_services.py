"""Services answer as they describe themselves, on every engine: schemathesis, at length.

`--fuzz-examples` says how many requests are made up, over all operations.
"""

import contextlib
import logging

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ensure_resource_availability,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    use_after_free,
)

from config import mushrooms
from tests.contract.backends import APP_ENGINES
from tests.http.test_description import ALICE, SETTINGS, configure

#: Requests that it does not accept are sent too, and are to be answered as described;
#: not all are refused, since the leniency of 3.1 (`"3"` for 3) is not described. That
#: what it accepts is accepted is a property test of its schemas
#: (tests/unit/test_json_schema.py): for the check of that, a 412 would be a refusal.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    use_after_free,
    ensure_resource_availability,
]
SERVICES = {
    "every kind of resource": lambda given: configure(**given).make_wsgi_app(),
    "the sample": lambda given: mushrooms.main({}, **{**SETTINGS, **given}),
}

pytestmark = pytest.mark.long


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
@pytest.mark.parametrize("engine", APP_ENGINES, ids=lambda engine: engine.id)
def test_no_answer_is_another_than_described(
    engine, service, services, tmp_path, request
):
    given_settings = engine.settings(engine.url(services, tmp_path))
    engine.prepare(given_settings)
    schema = schemathesis.openapi.from_wsgi("/v1/__api__", service(given_settings))
    operations = [each.ok() for each in schema.get_all_operations()]
    examples = max(
        1, request.config.getoption("--fuzz-examples") // len(operations) // 2
    )
    answers = 0
    for operation in operations:
        for mode in schemathesis.GenerationMode:

            @given(case=operation.as_strategy(generation_mode=mode))
            @settings(
                max_examples=examples,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            def ask(case):
                nonlocal answers
                case.call_and_validate(headers=ALICE, checks=CHECKS)
                answers += 1

            # Where nothing is sent, nothing can be wrong.
            with contextlib.suppress(Unsatisfiable):
                ask()
    logging.getLogger(__name__).info("%s answers as described", answers)
    assert answers >= len(operations)
