"""What grants a permission: entries and settings, by what is implied."""

import pytest

from cliquet.authorization.endpoints import Endpoint, Endpoints
from cliquet.authorization.granting import Granting, Implications, prefixes
from cliquet.service import Service

TASK, TASKS, PROJECT, PROJECTS = (
    "/projects/1/tasks/2", "/projects/1/tasks", "/projects/1", "/projects",
)  # fmt: skip
READS = Implications(write_implies_read=True)
INHERITS = Implications(inherit_permissions=True)
BOTH = Implications(write_implies_read=True, inherit_permissions=True)


def service(name, path, kind="collection"):
    made = Service(f"{name}-{kind}", path)
    made.resource_name = name
    made.collection_path, made.record_path = path, f"{path}/{{id}}"
    return made


ENDPOINTS = Endpoints(
    [
        service("project", "/projects"),
        service("task", "/projects/{project_id}/tasks"),
        Service("no-resource", "/projects/{id}/stats"),
    ]
)


def grants(
    implications, object_id, permission, by_hand=None, replaced=None, **settings
):
    listed = {f"{name}_principals": value for name, value in settings.items()}
    made = Granting(implications, by_hand, ENDPOINTS.names, listed, replaced or {})
    found = made.grants(object_id, permission)
    return set(found.principals), set(found.pairs)


@pytest.mark.parametrize(
    ("object_id", "expected"),
    [
        (TASK, [TASK, TASKS, PROJECT, PROJECTS]),
        ("/projects", ["/projects"]),
        ("/", ["/"]),
        ("//a", ["//a", "/"]),
        ("a", ["a"]),
        ("/a/*", ["/a/*", "/a"]),
    ],
)
def test_prefixes_are_paths_above(object_id, expected):
    assert prefixes(object_id) == expected


def test_what_is_along_a_path_is_named():
    assert ENDPOINTS.names(prefixes(TASK)) == ["task", "task", "project", "project"]
    assert ENDPOINTS.names(prefixes("/projects/1/stats")) == [
        None,
        "project",
        "project",
    ]
    assert ENDPOINTS.names(prefixes("/a/b")) == [None, None]
    assert ENDPOINTS.names(prefixes("projects/1")) == [None, None]
    assert ENDPOINTS.along("/projects/1/tasks")[0] == Endpoint("task", True)
    assert ENDPOINTS.along("/projects/1")[0] == Endpoint("project", False)


CASES = {
    "nothing is implied": (
        (Implications(), TASK, "read"), {}, set(), {(TASK, "read")},
    ),
    "write implies read": (
        (READS, TASK, "read"), {}, set(), {(TASK, "read"), (TASK, "write")},
    ),
    "read implies no write": ((READS, TASK, "write"), {}, set(), {(TASK, "write")}),
    "all above count": (
        (INHERITS, TASK, "read"), {}, set(),
        {(each, "read") for each in (TASK, TASKS, PROJECT, PROJECTS)},
    ),
    "with both, those who write above": (
        (BOTH, PROJECT, "read"), {}, set(),
        {(each, name) for each in (PROJECT, PROJECTS) for name in ("read", "write")},
    ),
    "who writes above creates": (
        (INHERITS, TASKS, "task:create"), {}, set(),
        {(each, "task:create") for each in (TASKS, PROJECT, PROJECTS)}
        | {(PROJECT, "write"), (PROJECTS, "write")},
    ),
    "who writes the collection creates nothing": (
        (INHERITS, PROJECTS, "project:create"), {}, set(),
        {(PROJECTS, "project:create")},
    ),
    "a setting replaces entries, inherited ones too": (
        (INHERITS, TASK, "read"), {"task_read": "a, b"}, {"a", "b"}, set(),
    ),
    "a setting counts for what is below": (
        (INHERITS, TASK, "read"), {"project_read": "a"}, {"a"},
        {(TASK, "read"), (TASKS, "read")},
    ),
    "those who may write read, whatever a setting says of readers": (
        (READS, TASK, "read"), {"task_read": "a"}, {"a"}, {(TASK, "write")},
    ),
    "writers by a setting read": (
        (READS, TASK, "read"), {"task_write": "a"}, {"a"}, {(TASK, "read")},
    ),
    "creators by a setting are all": (
        (INHERITS, TASKS, "task:create"), {"task_create": "a"}, {"a"}, set(),
    ),
    "who may write the parent by a setting creates below": (
        (INHERITS, TASKS, "task:create"), {"project_write": "a"}, {"a"},
        {(each, "task:create") for each in (TASKS, PROJECT, PROJECTS)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_is_granted_by(name):
    asked, settings, principals, pairs = CASES[name]

    assert grants(*asked, **settings) == (principals, pairs)


def test_what_is_bound_by_hand_replaces_what_is_above():
    def by_hand(object_id, permission):
        return [(object_id, permission), ("/elsewhere", permission)]

    _, pairs = grants(BOTH, TASK, "read", by_hand)

    assert pairs == {
        (each, name) for each in (TASK, "/elsewhere") for name in ("read", "write")
    }


def test_a_context_may_replace_who_has_a_permission_on_its_object():
    replaced = {"read": ["c"]}

    assert grants(INHERITS, TASK, "read", replaced=replaced) == ({"c"}, set())
    assert grants(INHERITS, TASK, "write", replaced=replaced)[0] == set()


def test_it_is_looked_at_once_whatever_the_depth():
    deep = "/a" * 200
    _, pairs = grants(BOTH, deep, "read")

    assert len(pairs) == 400
