"""Every name of the specification is there."""

import importlib
import warnings

import pytest

NAMES = {
    "cliquet": "__version__ PROTOCOL_VERSION DEFAULT_SETTINGS DEPRECATION_MESSAGE Service includeme initialize initialize_cliquet install_middlewares load_default_settings follow_subrequest current_service current_resource_name logger authentication errors events initialization logs utils",
    "cliquet.authentication": "prefixed_userid BasicAuthAuthenticationPolicy",
    "cliquet.authorization": "DYNAMIC PRIVATE groupfinder AuthorizationPolicy RouteFactory",
    "cliquet.errors": "ERRORS http_error json_error_handler raise_invalid send_alert",
    "cliquet.events": "ACTIONS ResourceRead ResourceChanged AfterResourceRead AfterResourceChanged setup_transaction_hook get_resource_events notify_resource_event",
    "cliquet.initialization": "setup_request_bound_data setup_json_serializer setup_version_redirection setup_authentication setup_backoff setup_requests_scheme setup_vary_headers setup_deprecation setup_storage setup_permission setup_cache setup_statsd setup_logging setup_listeners install_middlewares load_default_settings initialize initialize_cliquet EventActionFilter EventResourceFilter newrelic ProfilerMiddleware warnings",
    "cliquet.listeners": "ListenerBase",
    "cliquet.listeners.redis": "Listener load_from_config",
    "cliquet.logs": "logger structlog decode_value ClassicLogRenderer MozillaHekaRenderer",
    "cliquet.resource": "register register_resource UserResource BaseResource ShareableResource ProtectedResource Model ShareableModel ResourceSchema ViewSet ShareableViewSet Filter Sort COMPARISON ACTIONS Service logger model schema viewset",
    "cliquet.resource.model": "Model ShareableModel ProtectedModel",
    "cliquet.resource.schema": "ResourceSchema PermissionsSchema TimeStamp URL",
    "cliquet.resource.viewset": "CONTENT_TYPES ViewSet ShareableViewSet ProtectedViewSet",
    "cliquet.schema": "ResourceSchema NewResourceSchema URL TimeStamp PermissionsSchema",
    "cliquet.scripts.cliquet": "main init_schema deprecated_init",
    "cliquet.statsd": "Client statsd_count load_from_config statsd_module",
    "cliquet.utils": "json json_serializer COMPARISON strip_whitespace msec_time classname merge_dicts random_bytes_hex native_value read_env encode64 decode64 hmac_digest dict_subset reapply_cors current_service current_resource_name build_request build_response follow_subrequest encode_header decode_header strip_uri_prefix DeprecatedMeta",
    "cliquet.views.batch": "batch post_batch BatchRequestSchema BatchPayloadSchema string_values valid_http_method",
    "cliquet.views.errors": "cors authorization_required page_not_found service_unavailable method_not_allowed error logger",
    "cliquet.views.heartbeat": "heartbeat get_heartbeat lbheartbeat get_lbheartbeat",
    "cliquet.views.hello": "hello get_hello get_eos",
    "cliquet.storage": "Filter Sort DEFAULT_ID_FIELD DEFAULT_MODIFIED_FIELD DEFAULT_DELETED_FIELD StorageBase heartbeat logger generators exceptions",
    "cliquet.storage.generators": "Generator UUID4",
    "cliquet.storage.exceptions": "BackendError RecordNotFoundError IntegrityError UnicityError",
    "cliquet.storage.memory": "MemoryBasedStorage Storage load_from_config",
    "cliquet.storage.redis": "wrap_redis_error create_from_config Storage load_from_config",
    "cliquet.cache": "CacheBase heartbeat logger",
    "cliquet.cache.memory": "Cache load_from_config",
    "cliquet.cache.redis": "Cache load_from_config",
    "cliquet.permission": "PermissionBase heartbeat logger",
    "cliquet.permission.memory": "Permission load_from_config",
    "cliquet.permission.redis": "Permission load_from_config",
    "cliquet.tests.support": "unittest DEFAULT_SETTINGS USER_PRINCIPAL DummyRequest get_request_class BaseWebTest ThreadMixin FormattedErrorMixin AllowAuthorizationPolicy authorize skip_if_travis skip_if_no_postgresql testapp",
    "cliquet.tests.resource": "BaseTest",
    "cliquet.tests.testapp": "main includeme",
    "cliquet.tests.testapp.views": "Mushroom MushroomSchema Toadstool Moisture Psilo PsilocybinSchema Spore SchemaLess response_error",
    "cliquet.tests.testplugin": "attachment attachment_post includeme",
}


@pytest.mark.parametrize(
    ("module", "name"),
    [(module, name) for module, names in NAMES.items() for name in names.split()],
)
def test_documented_names_are_importable(module, name):
    assert hasattr(importlib.import_module(module), name)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("cliquet.resource", "BaseResource"),
        ("cliquet.resource", "ProtectedResource"),
        ("cliquet.resource.model", "ProtectedModel"),
        ("cliquet.resource.viewset", "ProtectedViewSet"),
    ],
)
def test_old_classes_warn_when_they_are_subclassed(module, name):
    old = getattr(importlib.import_module(module), name)

    with pytest.warns(DeprecationWarning, match=f"{name} is deprecated"):
        type("Mine", (old,), {})


def test_the_old_schema_warns_when_it_is_used():
    from cliquet.schema import ResourceSchema

    with pytest.warns(DeprecationWarning, match=r"cliquet\.resource\.schema"):
        ResourceSchema()


def test_importing_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        importlib.reload(importlib.import_module("cliquet"))
