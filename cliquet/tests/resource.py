"""Base of tests that call a resource without HTTP."""

import unittest
from typing import Any
from unittest import mock

from cliquet.authorization import RouteFactory
from cliquet.resource import UserResource
from cliquet.storage import memory
from cliquet.tests.support import DummyRequest


class BaseTest(unittest.TestCase):
    """A resource on a memory storage."""

    resource_class: Any = UserResource

    def setUp(self) -> None:
        """Build the resource."""
        self.storage = memory.Storage()
        self.resource = self.resource_class(
            request=self.get_request(), context=self.get_context()
        )
        self.model = self.resource.model
        self.patch_known_field = mock.patch.object(self.resource, "is_known_field")

    def tearDown(self) -> None:
        """Forget what was patched."""
        mock.patch.stopall()

    def get_request(self) -> DummyRequest:
        """Build the request that the resource gets."""
        request = DummyRequest(method="GET")
        request.registry.storage = self.storage
        return request

    def get_context(self) -> RouteFactory:
        """Build the context that the resource gets."""
        return RouteFactory(self.get_request())

    @property
    def last_response(self) -> Any:
        """The response that the resource set headers on."""
        return self.resource.request.response
