"""The table of settings, second part: what clients can see."""

from cliquet.settings.kinds import COUNT, DOTTED, FLAG, LIMIT, LIST, TEXT, choice
from cliquet.settings.rows import rows

_BASIC_AUTH = "cliquet.authentication.BasicAuthAuthenticationPolicy"


HTTP = rows(
    "HTTP",
    ("backoff", None, LIMIT, "Seconds asked for in ``Backoff``.", "protocol.responses"),
    ("batch_max_requests", 25, LIMIT, "Requests in one batch.", "views.batch"),
    ("cors_origins", "*", LIST, "Origins allowed; ``*`` matches.", "service"),
    ("cors_max_age_seconds", 3600, LIMIT, "Preflight cache duration.", "service"),
    ("http_host", None, TEXT, "Host forced in URLs.", "protocol.routing"),
    ("http_scheme", None, TEXT, "Scheme forced in URLs.", "protocol.routing"),
    (
        "max_body_size",
        10 * 1024 * 1024,
        LIMIT,
        "Bytes accepted in a body; more is a 413.",
        "protocol.limits",
        False,
    ),
    (
        "retry_after_seconds",
        30,
        COUNT,
        "``Retry-After`` of responses 503.",
        "views.errors",
    ),
    (
        "vary",
        "Authorization",
        LIST,
        "``Vary`` of every response.",
        "protocol.responses",
        False,
    ),
    (
        "version_prefix_redirect_enabled",
        True,
        FLAG,
        "Redirect URLs that lack the version.",
        "protocol.routing",
    ),
    (
        "trailing_slash_redirect_enabled",
        True,
        FLAG,
        "Redirect URLs that end with a slash.",
        "views.errors",
    ),
    ("eos", None, TEXT, "Date at which the service ends.", "protocol.end_of_life"),
    ("eos_message", None, TEXT, "Message that announces it.", "protocol.end_of_life"),
    ("eos_url", None, TEXT, "URL that tells more of it.", "protocol.end_of_life"),
)

RESOURCES = rows(
    "Resources",
    (
        "id_generator",
        "cliquet.storage.generators.UUID4",
        DOTTED,
        "Class that makes the ids of records.",
        "initialization",
    ),
    ("paginate_by", None, LIMIT, "Size of pages, and bound of ``_limit``.", "resource"),
    ("readonly", False, FLAG, "Refuse whatever writes.", "resource"),
    (
        "strict_preconditions",
        False,
        FLAG,
        "Compare ETags for equality, as RFC 9110.",
        "resource",
        False,
    ),
    (
        "hide_permissions",
        False,
        FLAG,
        "Show permissions to those only who may write the record.",
        "resource",
        False,
    ),
    (
        "private_responses",
        False,
        FLAG,
        "Add ``no-store`` to what authenticated users get.",
        "resource",
        False,
    ),
    (
        "paginated_delete",
        False,
        FLAG,
        "Honour ``_limit``, ``_sort`` and ``_token`` on DELETE of a collection.",
        "resource",
        False,
    ),
    (
        "total_records",
        "always",
        choice("always", "head"),
        "When ``Total-Records`` is given: ``always``, or on HEAD only.",
        "resource",
        False,
    ),
)

USERS = rows(
    "Users",
    (
        "userid_hmac_secret",
        "",
        TEXT,
        "Key which Basic Auth credentials are hashed with.",
        "authentication",
    ),
    (
        "multiauth.policies",
        "basicauth",
        LIST,
        "Names of authentication policies.",
        "pyramid_multiauth",
    ),
    (
        "multiauth.policy.basicauth.use",
        _BASIC_AUTH,
        DOTTED,
        "Class of the policy named ``basicauth``.",
        "pyramid_multiauth",
    ),
    (
        "multiauth.groupfinder",
        "cliquet.authorization.groupfinder",
        DOTTED,
        "Function that gives the principals of a user.",
        "pyramid_multiauth",
    ),
    (
        "multiauth.authorization_policy",
        "cliquet.authorization.AuthorizationPolicy",
        DOTTED,
        "Class that permits, or not.",
        "pyramid_multiauth",
    ),
)
