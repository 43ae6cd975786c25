"""Helpers of applications, re-exported: an index, sorted by where they live."""

import warnings
from importlib import import_module
from typing import Any

from cliquet import serialization as json
from cliquet.deprecation import DeprecatedMeta
from cliquet.protocol.cors import reapply_cors
from cliquet.protocol.routing import (
    current_resource_name,
    current_service,
    strip_uri_prefix,
)
from cliquet.protocol.subrequests import (
    build_request,
    build_response,
    follow_subrequest,
)
from cliquet.serialization import json_serializer
from cliquet.storage.query import COMPARISON
from cliquet.text import (
    classname,
    decode64,
    decode_header,
    dict_subset,
    encode64,
    encode_header,
    hmac_digest,
    merge_dicts,
    native_value,
    random_bytes_hex,
    read_env,
    strip_whitespace,
)
from cliquet.timestamps import msec_time

__all__ = [
    "COMPARISON",
    "DeprecatedMeta",
    "build_request",
    "build_response",
    "classname",
    "current_resource_name",
    "current_service",
    "decode64",
    "decode_header",
    "dict_subset",
    "encode64",
    "encode_header",
    "follow_subrequest",
    "hmac_digest",
    "json",
    "json_serializer",
    "merge_dicts",
    "msec_time",
    "native_value",
    "random_bytes_hex",
    "read_env",
    "reapply_cors",
    "sqlalchemy",  # noqa: F822 -- by `__getattr__`
    "strip_uri_prefix",
    "strip_whitespace",
    "warnings",
]


def __getattr__(name: str) -> Any:
    """Import SQLAlchemy, which is optional and slow to import, once it is asked for."""
    if name != "sqlalchemy":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return import_module(name)
    except ImportError:  # pragma: no cover -- all libraries are there in tests
        return None
