"""Helpers for applications, re-exported from where they are defined."""
# ruff: noqa: PLC0414 -- `as` says that a name is re-exported

import warnings as warnings
from importlib import import_module
from typing import Any

from cliquet import serialization
from cliquet.authentication import hmac_digest as hmac_digest
from cliquet.deprecation import DeprecatedMeta as DeprecatedMeta
from cliquet.framework.cors import reapply_cors as reapply_cors
from cliquet.framework.requests import current_resource_name as current_resource_name
from cliquet.framework.requests import current_service as current_service
from cliquet.framework.subrequests import build_request as build_request
from cliquet.framework.subrequests import build_response as build_response
from cliquet.framework.subrequests import follow_subrequest as follow_subrequest
from cliquet.protocol.routing import strip_uri_prefix as strip_uri_prefix
from cliquet.serialization import json_serializer as json_serializer
from cliquet.storage.query import COMPARISON as COMPARISON
from cliquet.text import classname as classname
from cliquet.text import decode64 as decode64
from cliquet.text import decode_header as decode_header
from cliquet.text import dict_subset as dict_subset
from cliquet.text import encode64 as encode64
from cliquet.text import encode_header as encode_header
from cliquet.text import merge_dicts as merge_dicts
from cliquet.text import native_value as native_value
from cliquet.text import random_bytes_hex as random_bytes_hex
from cliquet.text import read_env as read_env
from cliquet.text import strip_whitespace as strip_whitespace
from cliquet.timestamps import msec_time as msec_time

json = serialization


def __getattr__(name: str) -> Any:
    """Import SQLAlchemy, which is optional and slow to import, when it is needed."""
    if name != "sqlalchemy":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return import_module(name)
    except ImportError:  # pragma: no cover -- all libraries are there in tests
        return None
