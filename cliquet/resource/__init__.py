"""Resources: records in collections, served over HTTP.

What applications use is imported from here. Read `user` for the endpoints, `steps` for
what they are made of, `hooks` for what applications override.
"""

import warnings as warnings

from cliquet.events import ACTIONS as ACTIONS
from cliquet.logs import logger as logger
from cliquet.resource import model as model
from cliquet.resource import schema as schema
from cliquet.resource import viewset as viewset
from cliquet.resource.model import Model as Model
from cliquet.resource.model import ShareableModel as ShareableModel
from cliquet.resource.registration import register as register
from cliquet.resource.registration import register_resource as register_resource
from cliquet.resource.schema import ResourceSchema as ResourceSchema
from cliquet.resource.shareable import ProtectedResource as ProtectedResource
from cliquet.resource.shareable import ShareableResource as ShareableResource
from cliquet.resource.singleton import SingletonResource as SingletonResource
from cliquet.resource.user import BaseResource as BaseResource
from cliquet.resource.user import UserResource as UserResource
from cliquet.resource.viewset import ShareableViewSet as ShareableViewSet
from cliquet.resource.viewset import ViewSet as ViewSet
from cliquet.service import Service as Service
from cliquet.storage.query import COMPARISON as COMPARISON
from cliquet.storage.query import Filter as Filter
from cliquet.storage.query import Sort as Sort
