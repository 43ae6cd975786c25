"""What is done to every response, wherever it was made: by a view or a tween.

Each step is a function that takes the request and the response. Steps are applied once
a response is complete; to the errors of a batch's entries by the batch, since Pyramid
publishes no event for them.
"""

from collections.abc import Callable

from pyramid.config import Configurator
from pyramid.events import NewResponse

from cliquet.types import Registry, Request, Response

Step = Callable[[Request, Response], None]


def setup_completion(config: Configurator, *first: Step) -> None:
    """Let steps complete each response: some now, those that are added later."""
    steps = config.registry.response_steps = list(first)

    def on_new_response(event: NewResponse) -> None:
        request, response = event.request, event.response
        for step in steps:
            step(request, response)

    config.add_subscriber(on_new_response, NewResponse)


def add_response_step(registry: Registry, step: Step) -> None:
    """Add a step, after those that were added before."""
    registry.response_steps.append(step)


def complete(request: Request, response: Response) -> None:
    """Apply all steps to a response that no event tells of."""
    for step in request.registry.response_steps:
        step(request, response)
