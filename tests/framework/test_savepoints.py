"""Names of the library transaction that savepoints of entries rely upon."""

from types import SimpleNamespace

import transaction
from transaction._transaction import NoRollbackSavepoint

from cliquet.framework.savepoints import begin_savepoint

LOOK_AT = "cliquet/framework/savepoints.py relies on this of transaction: "


class Manager:
    """A data manager, which notes what it is asked for."""

    def __init__(self, joined):
        self.log = []
        joined.join(self)

    def sortKey(self):
        return "a"

    def abort(self, transaction):
        self.log.append("abort")

    tpc_begin = commit = tpc_vote = tpc_finish = tpc_abort = lambda self, _: None


class Undoing(Manager):
    """One with savepoints."""

    def savepoint(self):
        return SimpleNamespace(rollback=lambda: self.log.append("rollback"))


def begin():
    manager = transaction.TransactionManager(explicit=True)
    manager.begin()
    return SimpleNamespace(tm=manager, environ={"tm.active": True})


def test_the_names_are_there():
    point = transaction.TransactionManager().savepoint(optimistic=True)

    assert isinstance(point._savepoints, list), LOOK_AT + "_savepoints"
    assert point.valid, LOOK_AT + "valid"
    assert callable(NoRollbackSavepoint), LOOK_AT + "NoRollbackSavepoint"


def test_all_that_can_go_back_does():
    request = begin()
    joined = request.tm.get()
    able, unable = Undoing(joined), Manager(joined)
    undo = begin_savepoint(request)
    late = Manager(joined)

    undo()

    assert (able.log, unable.log, late.log) == (["rollback"], [], ["abort"])
    request.tm.commit()


def test_a_transaction_that_ended_is_left_alone():
    request = begin()
    able = Undoing(request.tm.get())
    undo = begin_savepoint(request)
    request.tm.commit()

    undo()

    assert able.log == []


def test_without_transaction_there_is_nothing_to_undo():
    request = begin()
    request.environ.clear()
    able = Undoing(request.tm.get())

    begin_savepoint(request)()

    assert able.log == []
