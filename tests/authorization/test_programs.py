"""Random programs of several users: each answer is that of a naive model.

``--programs 2000`` for the long run.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.authorization.conftest import Places
from tests.authorization.programs import Runner, models, programs, settings_of


def test_each_answer_is_that_of_the_model(
    places: Places, pair: tuple[str, str], request: pytest.FixtureRequest
) -> None:
    applications = [
        # Users in settings are known by their ids.
        places.application(*pair, **settings_of(model))
        for model in models()
    ]
    count = 2 * request.config.getoption("--programs")

    @settings(
        max_examples=count if pair[0] == pair[1] else count // 2 + 1,
        suppress_health_check=list(HealthCheck),
    )
    @given(number=st.sampled_from(range(len(applications))), steps=programs)
    def run(number: int, steps: list[Any]) -> None:
        application = applications[number]
        try:
            Runner(application, models()[number]).run(steps)
        finally:
            for kind in ("storage", "permission"):
                getattr(application.registry, kind).flush()

    run()
