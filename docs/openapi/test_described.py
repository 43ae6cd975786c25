"""The service answers as its description says."""

import mushrooms
import schemathesis
from hypothesis import settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

SETTINGS = {
    "project_name": "mushrooms",
    "project_version": "1.0",
    "userid_hmac_secret": "a secret of your own",
    "bookmark_create_principals": "system.Authenticated",
    "write_implies_read": "true",
    **{
        f"{kind}_backend": f"cliquet.{kind}.memory"
        for kind in ("storage", "permission", "cache")
    },
}
ALICE = {"Authorization": "Basic YWxpY2U6c2VjcmV0"}
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
schema = schemathesis.openapi.from_wsgi("/v1/__api__", mushrooms.main({}, **SETTINGS))


@schema.parametrize()
@settings(max_examples=5, deadline=None)
def test_no_answer_is_another_than_described(case):
    case.call_and_validate(headers=ALICE, checks=CHECKS)


class Machine(schema.as_state_machine()):
    """Creates records, and follows the links of what is answered."""

    def get_call_kwargs(self, case):
        return {"headers": ALICE}

    def validate_response(self, response, case, **kwargs):
        case.validate_response(response, checks=CHECKS)


TestStates = Machine.TestCase
TestStates.settings = settings(max_examples=5, stateful_step_count=8, deadline=None)
