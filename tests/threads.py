"""What others do meanwhile."""

import threading
from collections.abc import Callable
from typing import Any

import transaction


def elsewhere(work: Callable[[], Any]) -> None:
    """Do something in another thread, in a transaction of its own."""

    def run() -> None:
        work()
        transaction.commit()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
