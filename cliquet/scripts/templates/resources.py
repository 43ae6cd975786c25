"""What the service keeps: notes, projects, and tasks in projects."""

import colander
from cliquet import resource


class NoteSchema(resource.ResourceSchema):
    """What a note has."""

    text = colander.SchemaNode(colander.String())


@resource.register()
class Note(resource.UserResource):
    """Private: each user has notes of their own, and sees no other."""

    mapping = NoteSchema()


class ProjectSchema(resource.ResourceSchema):
    """What a project has."""

    name = colander.SchemaNode(colander.String())


@resource.register()
class Project(resource.ShareableResource):
    """Shared: whoever creates one says who else may read it, or write it."""

    mapping = ProjectSchema()
    # Those who have the last one may add tasks, and change their own only.
    permissions = ("read", "write", "task:create")


class TaskSchema(resource.ResourceSchema):
    """What a task has."""

    title = colander.SchemaNode(colander.String())
    done = colander.SchemaNode(colander.Boolean(), missing=False)


@resource.register(
    parent="project",
    collection_path="/projects/{project_id}/tasks",
    record_path="/projects/{project_id}/tasks/{id}",
)
class Task(resource.ShareableResource):
    """Nested: whoever may read a project reads its tasks, and likewise for writing.

    Tasks of a project that is deleted go with it.
    """

    mapping = TaskSchema()
