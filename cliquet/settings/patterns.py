"""Settings whose names have a part of an application's own."""

#: Settings whose names hold that of a resource, a listener, a backend or a policy.
PATTERNS = {
    "<resource>_<permission>_principals": "Principals granted a permission on every "
    "record of a resource, without asking the permission backend.",
    "<resource>_cache_expires_seconds": "Cache duration of anonymous reads.",
    "<collection|record>_<resource>_<method>_enabled": "Whether an endpoint exists.",
    "event_listeners.<name>.use": "Module of a listener.",
    "event_listeners.<name>.actions": "Actions that it is notified of; by default, "
    "``create update delete``.",
    "event_listeners.<name>.resources": "Resources that it is notified of; by default, "
    "all of them.",
    "event_listeners.<name>.delivery": "``in_transaction`` (default), where what it "
    "raises undoes the change, or ``after_commit``, by a thread of its own.",
    "event_listeners.<name>.<option>": "Read by the listener.",
    "<backend>_max_overflow": "Connections above the size of the pool.",
    "<backend>_max_backlog": "Threads that may wait for a connection.",
    "<backend>_pool_recycle": "Seconds after which a connection is renewed.",
    "<backend>_poolclass": "Dotted name of the class of the pool.",
    "multiauth.policy.<name>.<option>": "Arguments of an authentication policy.",
}
