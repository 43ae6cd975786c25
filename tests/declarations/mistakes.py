"""Mistakes that developers make: what they write, and what the message must hold.

The messages themselves are in `docs/mistakes.rst`, as they were printed.
"""

from dataclasses import dataclass, field

REFUSED = "The service does not start."
WARNED = "A warning in the log."
FAILED = "The request is a 500, and in the log:"

PRELUDE = """\
import colander
from pyramid.events import subscriber

import cliquet
from cliquet import resource
from cliquet.events import ACTIONS, ResourceChanged


class TaskSchema(resource.ResourceSchema):
    name = colander.SchemaNode(colander.String())
    done = colander.SchemaNode(colander.Boolean(), missing=False)
"""

TASK = """\
@resource.register()
class Task(resource.UserResource):
    mapping = TaskSchema()
"""

PROJECT = TASK.replace("Task(", "Project(")

NESTED = """\
@resource.register(
    parent="project",
    collection_path="/projects/{project_id}/tasks",
    record_path="/projects/{project_id}/tasks/{id}",
)
class Task(resource.UserResource):
    mapping = TaskSchema()
"""

POST = (("POST", "/v1/tasks", {"name": "a"}),)
PATCH = (
    ("PUT", "/v1/tasks/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10", {"name": "a"}),
    ("PATCH", "/v1/tasks/3f1c2e9a-6f0e-4b52-9d7f-0a4a5dbf2b10", {"name": "b"}),
)


@dataclass(eq=False)
class Mistake:
    """Something that is written.

    Attributes:
        title: What is wrong, for people.
        says: What the message must hold: the culprit, and the remedy.
        python: What is written in the module of the application, `shop`.
        ini: What is written in its settings.
        outcome: What becomes of the service.
        more: Python that is there besides, and right.
        without: Settings that are not there.
        requests: Method, path and record of what is asked for.
    """

    title: str
    says: tuple[str, ...]
    python: str = ""
    ini: str = ""
    outcome: str = REFUSED
    more: str = ""
    without: tuple[str, ...] = ()
    requests: tuple = field(default=())


RESOURCES = [
    Mistake(
        "A class that is no resource",
        ("shop.Task", "UserResource"),
        python="@resource.register()\nclass Task:\n    mapping = TaskSchema()\n",
    ),
    Mistake(
        "``register`` without parentheses",
        ("shop.Task", "@resource.register()"),
        python=TASK.replace("()\nclass", "\nclass"),
    ),
    Mistake(
        "A keyword that ``register`` does not know",
        ("shop.Task", "'colection_path'", "'collection_path'"),
        python=TASK.replace("()\nclass", '(colection_path="/todo")\nclass'),
        outcome=WARNED,
    ),
    Mistake(
        "Braces that do not match",
        ("shop.Task", "record_path", "braces"),
        python=TASK.replace("()\nclass", '(record_path="/tasks/{{id}")\nclass'),
    ),
    Mistake(
        "A path of records without their id",
        ("shop.Task", "/{id}"),
        python=TASK.replace("()\nclass", '(record_path="/tasks/{task_id}")\nclass'),
        outcome=WARNED,
    ),
    Mistake(
        "A parent that does not exist",
        ("shop.Task", "parent='projcet'", "'project'"),
        python=NESTED.replace('project"', 'projcet"'),
        more=PROJECT,
    ),
    Mistake(
        "A parent that is registered twice",
        ("shop.Task", "shop.Project", "'project', 'archive'"),
        python='@resource.register(name="archive")\n' + PROJECT + "\n\n"
        + NESTED.replace('"project"', "Project"),
    ),
    Mistake(
        "A parent that is no resource",
        ("shop.Task", "parent=", "class"),
        python=NESTED.replace('"project"', "object"),
    ),
    Mistake(
        "A path that is not below that of the parent",
        ("shop.Task", "'/tasks'", "'/projects/{project_id}/tasks'"),
        python=NESTED.replace("/projects/{project_id}", ""),
        more=PROJECT,
    ),
    Mistake(
        "A parent, and ``get_parent_id``",
        ("shop.Task", "get_parent_id", "parent"),
        python=NESTED + "\n    def get_parent_id(self, request):\n"
        '        return request.matchdict["project_id"]\n',
        more=PROJECT,
    ),
    Mistake(
        "Shared records below those of one user",
        ("shop.Task", "shop.Project", "ShareableResource"),
        python=NESTED.replace("UserResource", "ShareableResource"),
        more=PROJECT,
    ),
    Mistake(
        "One method, without comma",
        ("shop.Task", "record_methods", '("GET",)'),
        python=TASK.replace("()\nclass", '(record_methods=("GET"))\nclass'),
    ),
    Mistake(
        "A method that does not exist",
        ("shop.Task", "'GTE'", "'GET'"),
        python=TASK.replace("()\nclass", '(record_methods=("GTE",))\nclass'),
    ),
    Mistake(
        "Two resources with one name",
        ("task-record", "shop.Task", "shop.OtherTask", 'name="…"'),
        python=TASK + "\n\n" + TASK.replace("()\nclass Task", '(name="task")\nclass OtherTask'),
    ),
    Mistake(
        "Two resources with one path",
        ("shop.Todo", "shop.Task", "/v1/tasks", "path of its own"),
        python=TASK + "\n\n" + TASK.replace(
            "()\nclass Task", '(collection_path="/tasks")\nclass Todo'
        ),
        outcome=WARNED,
    ),
    Mistake(
        "Two services with one path",
        ("shop.get_stats", "shop.get_totals", "'stats'"),
        python=(
            'stats = cliquet.Service(name="stats", path="/stats")\n'
            'totals = cliquet.Service(name="totals", path="/stats")\n\n\n'
            "@stats.get()\ndef get_stats(request):\n    return {}\n\n\n"
            "@totals.get()\ndef get_totals(request):\n    return {}\n"
        ),
        outcome=WARNED,
    ),
    Mistake(
        "Double braces in the path of a service",
        ("shop.get_stats", "write {year}"),
        python=(
            'stats = cliquet.Service(name="stats", path="/stats/{{year}}")\n\n\n'
            "@stats.get()\ndef get_stats(request):\n    return {}\n"
        ),
        outcome=WARNED,
    ),
    Mistake(
        "Two services with one name",
        ("shop.get_stats", "shop.get_totals", "'stats'", 'name="…"'),
        python=(
            'stats = cliquet.Service(name="stats", path="/stats")\n'
            'totals = cliquet.Service(name="stats", path="/totals")\n\n\n'
            "@stats.get()\ndef get_stats(request):\n    return {}\n\n\n"
            "@totals.get()\ndef get_totals(request):\n    return {}\n"
        ),
    ),
]  # fmt: skip


def schema(body, title, *says, outcome=WARNED):
    """Return a mistake in the schema of the resource."""
    source = f"class MySchema(resource.ResourceSchema):\n{body}\n\n"
    return Mistake(
        title, says, python=source, more=TASK.replace("TaskSchema", "MySchema"),
        outcome=outcome,
    )  # fmt: skip


def mapping(value, title, *says, outcome=REFUSED):
    """Return a mistake in the attribute `mapping`."""
    return Mistake(
        title, says, python=TASK.replace("TaskSchema()", value), outcome=outcome
    )


NAME = "    name = colander.SchemaNode(colander.String())\n"

SCHEMAS = [
    Mistake(
        "No schema",
        ("shop.Task", "mapping"),
        python="@resource.register()\nclass Task(resource.UserResource):\n    pass\n",
        outcome=WARNED,
    ),
    mapping("{'name': str}", "A dictionary as schema", "shop.Task", "ResourceSchema"),
    mapping("dict", "Another class as schema", "shop.Task", "ResourceSchema"),
    Mistake(
        "A schema of colander, instead of ours",
        ("shop.Task", "shop.MySchema", "ResourceSchema"),
        python=f"class MySchema(colander.MappingSchema):\n{NAME}\n\n"
        + TASK.replace("TaskSchema", "MySchema"),
    ),
    schema(
        "    name = colander.SchemaNode(colander.String)\n",
        "A type that is not instantiated",
        "shop.Task", "'name'", "colander.SchemaNode(colander.String())",
        outcome=REFUSED,
    ),
    schema("    url = colander.String()\n", "A type instead of a node",
           "shop.MySchema", "url", "colander.SchemaNode("),
    schema(NAME.replace("name", "url").replace("())\n", "()),\n"), "A comma behind a field",
           "shop.MySchema", "url", "comma"),
    schema("    name: str\n", "A field that has a type only",
           "shop.MySchema", "name", "colander.SchemaNode("),
    schema(
        "    name = colander.SchemaNode(\n"
        "        colander.String(), validator=colander.Length\n    )\n",
        "A validator that is not instantiated",
        "shop.MySchema", "'name'", "colander.Length(",
    ),
    schema(
        "    name = colander.SchemaNode(\n        colander.String(),\n"
        "        validator=(colander.Length(max=9), colander.ContainsOnly('ab')),\n    )\n",
        "Two validators in a tuple",
        "'name'", "colander.All(", outcome=REFUSED,
    ),
    schema(f"{NAME}\n    class Options:\n        unique_fields = 'name'\n",
           "One unique field, without comma", "shop.MySchema", "unique_fields", "('name',)"),
    schema(f"{NAME}\n    class Options:\n        readonly_fields = ('name')\n",
           "One read-only field, without comma",
           "shop.MySchema", "readonly_fields", "('name',)"),
    schema(f"{NAME}\n    class Options:\n        readonly_fields = ('nmae',)\n",
           "A read-only field that does not exist", "shop.MySchema", "'nmae'", "'name'"),
    schema(f"{NAME}\n    class Options:\n        unique_fields = ('titel',)\n",
           "A unique field that does not exist", "shop.MySchema", "'titel'"),
    schema(f"{NAME}\n    class Options:\n        unique_field = ('name',)\n",
           "An option that does not exist",
           "shop.MySchema", "'unique_field'", "'unique_fields'"),
    schema(f"{NAME}\n    class Options:\n        preserve_unknown = 'keep'\n",
           "A value that an option does not take", "shop.MySchema", "preserve_unknown", "True"),
    schema(f"{NAME}\n    class Options:\n        unknown = 'refuse'\n",
           "Unknown fields, in a word that does not exist", "shop.MySchema", "'refuse'", '"raise"'),
    schema(f"{NAME}\n    class Options:\n        computed_fields = ('name',)\n",
           "A computed field that clients have to send", "shop.Task", "'name'", "missing=colander.drop",
           outcome=REFUSED),
    schema(f"{NAME}\n    class Options:\n        writeonly_fields = 'name'\n",
           "Secret fields as a text", "shop.MySchema", "writeonly_fields = ('name',)"),
    schema(f"{NAME}\n    class Meta:\n        unique_fields = ('name',)\n",
           "Options in a class of another name", "shop.MySchema", "Meta", "Options"),
    Mistake(
        "Options in the resource",
        ("shop.Task", "Options", "shop.TaskSchema"),
        python=TASK + "\n    class Options:\n        unique_fields = ('name',)\n",
        outcome=WARNED,
    ),
    schema(f"{NAME}    deleted = colander.SchemaNode(colander.Boolean())\n",
           "A field with the name of a mark of the server", "Task", "'deleted'",
           outcome=REFUSED),
]  # fmt: skip


def hook(body, title, *says, outcome=FAILED, requests=POST):
    """Return a mistake in a hook of the resource."""
    source = f"{TASK}\n{body}"
    return Mistake(title, says, python=source, outcome=outcome, requests=requests)


HOOKS = [
    hook(
        "    def process_record(self, new, old=None):\n        new['done'] = True\n",
        "``process_record`` without ``return``", "shop.Task.process_record", "return",
    ),
    hook(
        "    def apply_changes(self, record, changes):\n"
        "        super().apply_changes(record, changes)\n",
        "``apply_changes`` without ``return``", "shop.Task.apply_changes", "return",
        requests=PATCH,
    ),
    hook(
        "    def postprocess(self, *args, **kwargs):\n"
        "        super().postprocess(*args, **kwargs)\n",
        "``postprocess`` without ``return``", "shop.Task.postprocess", "return",
        outcome=WARNED,
    ),
    hook(
        "    def get_parent_id(self, request):\n"
        "        request.matchdict.get('project_id')\n",
        "``get_parent_id`` without ``return``", "shop.Task.get_parent_id", "return",
        outcome=WARNED,
    ),
    Mistake(
        "A subscriber of an action that does not exist",
        ("'creat'", "create, delete"),
        python="@subscriber(ResourceChanged, for_actions=('creat',))\n"
        "def on_change(event):\n    pass\n",
        more=TASK,
    ),
    Mistake(
        "A subscriber of a resource that does not exist",
        ("'tasks'", "'task'"),
        python="@subscriber(ResourceChanged, for_resources=('tasks',))\n"
        "def on_change(event):\n    pass\n",
        more=TASK,
        outcome=WARNED,
    ),
]  # fmt: skip


def ini(text, title, *says, outcome=REFUSED, **options):
    """Return a mistake in the settings."""
    return Mistake(title, says, ini=text, outcome=outcome, **{"more": TASK, **options})


BACKENDS = [
    ini("storage_backend = cliquet.storage.postgres", "An engine that does not exist",
        "'storage_backend'", "'cliquet.storage.postgresql'"),
    ini("storage_backend = cliquet.storage", "A module that is no engine",
        "'storage_backend'", "load_from_config(config)"),
    ini("cache_backend = cliquet.storage.memory", "An engine of another kind",
        "cache backend"),
    ini("storage_backend = cliquet.storage.postgresql", "PostgreSQL without URL",
        "'storage_url'", "postgresql://"),
    ini("storage_backend = cliquet.storage.sqlite", "SQLite without URL",
        "'storage_url'", "sqlite:///"),
    ini("storage_backend = cliquet.storage.postgresql\nstorage_url = mysql://db/shop",
        "The URL of another database", "'storage_url'", "mysql", "postgresql://"),
    ini("cache_backend = cliquet.cache.redis\ncache_url = localhost:6379",
        "The URL of Redis without its scheme", "'cache_url'", "redis://"),
    ini("storage_backend = cliquet.storage.postgresql\n"
        "storage_url = postgresql://db/shop\nstorage_pool_sizes = 5",
        "An option that the pool does not have", "storage_", "pool_sizes"),
    Mistake(
        "A shareable resource without permission backend",
        ("shop.Task", "'permission_backend'", "cliquet.permission.memory"),
        python=TASK.replace("UserResource", "ShareableResource"),
        without=("permission_backend",),
        outcome=WARNED,
    ),
    Mistake(
        "No storage",
        ("storage backend",),
        python=TASK,
        without=("storage_backend",),
    ),
]  # fmt: skip

DOTTED = [
    ini("includes = shop.history", "A plugin that does not exist",
        "'includes'", "'history'"),
    ini("includes = shop.broken", "A plugin that fails when it is imported",
        "'includes'", "'shop.broken'", "nosuchlibrary"),
    ini("logging_renderer = cliquet.logs.ClasicLogRenderer", "A class that does not exist",
        "'logging_renderer'", "'cliquet.logs.ClassicLogRenderer'"),
    ini("id_generator = cliquet.storage.generators.UUID5", "An id generator likewise",
        "'id_generator'", "'cliquet.storage.generators.UUID4'"),
    ini("id_generator = cliquet.storage.generators.uuid4", "A function as id generator",
        "'id_generator'", "Generator"),
    ini("initialization_sequence = cliquet.initialization.setup_storag",
        "A step of the start likewise",
        "'initialization_sequence'", "'cliquet.initialization.setup_storage'"),
    ini("multiauth.policies = jwt\n"
        "multiauth.policy.jwt.use = cliquet.authentication.BasicAuthPolicy",
        "A policy that does not exist", "'multiauth.policy.jwt.use'",
        "'cliquet.authentication.BasicAuthAuthenticationPolicy'"),
    ini("multiauth.policies = jwt\nmultiauth.policy.jwt.use = shop.Policy",
        "A policy that lacks arguments", "'multiauth.policy.jwt.secret'",
        more="class Policy:\n    def __init__(self, secret):\n        pass\n\n"
        "    def authenticated_userid(self, request):\n        pass\n\n"
        "    def effective_principals(self, request):\n        return []\n"),
    ini("multiauth.policies = jwt\nmultiauth.policy.jtw.use = shop.Policy",
        "A policy under another name", "'multiauth.policies'", "multiauth.policy.jtw"),
    ini("multiauth.authorization_policy = shop.Task", "A class that is no policy",
        "'multiauth.authorization_policy'", "permits"),
    ini("event_listeners = audit", "A listener without module",
        "'audit'", "event_listeners.audit.use"),
    ini("event_listeners = audit\nevent_listeners.audit.use = shop.listenrs",
        "A listener that does not exist", "'event_listeners.audit.use'", "'listenrs'"),
    ini("event_listeners = audit\nevent_listeners.audit.use = shop",
        "A listener without its function", "'event_listeners.audit.use'",
        "load_from_config(config, prefix)"),
    ini("event_listeners = audit\nevent_listeners.audit.use = shop",
        "A listener that is not returned", "'event_listeners.audit.use'", "None",
        more="def load_from_config(config, prefix):\n    pass\n"),
    ini("event_listeners = audit\nevent_listeners.audit.use = shop\n"
        "event_listeners.audit.actions = creat", "A listener of another action",
        "'event_listeners.audit.actions'", "create",
        more="def load_from_config(config, prefix):\n    return print\n"),
]  # fmt: skip

SETTINGS = [
    ini("paginate_by = ten", "A value that cannot be used", "'paginate_by'", "integer"),
    ini("pagnate_by = 10", "A name that is misspelt", "pagnate_by", "'paginate_by'",
        outcome=WARNED),
    ini("tasks_write_principals = system.Everyone", "Permissions of another resource",
        "tasks_write_principals", "'task_write_principals'", outcome=WARNED),
    ini("task_wirte_principals = system.Everyone", "A permission that there is not",
        "task_wirte_principals", "'task_write_principals'", outcome=WARNED),
    ini("collection_tsak_get_enabled = false", "An endpoint of another resource",
        "collection_tsak_get_enabled", "'collection_task_get_enabled'", outcome=WARNED),
    ini("event_listeners.audit.actions = create", "A listener that is not listed",
        "event_listeners.audit.actions", "'event_listeners'", outcome=WARNED),
    ini("multiauth.policy.jwt.secret = x", "A policy that is not listed",
        "multiauth.policy.jwt.secret", "'multiauth.policies'", outcome=WARNED),
    ini("storage_pol_timeout = 5", "An option of a backend that is misspelt",
        "storage_pol_timeout", "'storage_pool_timeout'", outcome=WARNED),
]  # fmt: skip

#: All of them, by title of their section.
SECTIONS = {
    "Resources and services": RESOURCES,
    "Schemas": SCHEMAS,
    "Hooks and subscribers": HOOKS,
    "Backends": BACKENDS,
    "Names of objects in settings": DOTTED,
    "Names and values of settings": SETTINGS,
}

MISTAKES = [mistake for section in SECTIONS.values() for mistake in section]
