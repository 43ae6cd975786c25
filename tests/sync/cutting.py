"""A proxy that cuts connections, wherever it happens to."""

import contextlib
import random
import socket
import threading
from typing import Self

#: A connection carries at least so much to the client: not always all of the headers.
_LEAST = 300
#: And less than one of these, then it is cut.
_BYTES = (800, 1500, 3000, 6000, 20_000)


class CuttingProxy:
    """Forward connections to a port of this machine, and cut them in their answers.

    Args:
        target: The port.
        seed: Of what decides where they are cut.

    Attributes:
        port: Where it listens.
        cuts: How many connections it cut.
        resumed: How many streams were asked for that go on where another one ended.
    """

    def __init__(self, target: int, seed: int) -> None:
        self._target = target
        self._chooser = random.Random(seed)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._is_closed = False
        self.cuts = 0
        self.resumed = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._is_closed = True
        # Who waits for a connection is woken by one.
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._accepting.join()
        self._listener.close()
        with self._lock:
            left = list(self._open)
        for each in left:
            _cut(each)

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            if self._is_closed:
                client.close()
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            with self._lock:
                self._open |= {client, server}
            left = self._chooser.randrange(_LEAST, self._chooser.choice(_BYTES))
            for run in (self._ask, self._answer):
                threading.Thread(
                    target=run, args=(client, server, left), daemon=True
                ).start()

    def _ask(self, client: socket.socket, server: socket.socket, _left: int) -> None:
        with contextlib.suppress(OSError):
            while content := client.recv(65536):
                with self._lock:
                    self.resumed += content.lower().count(b"last-event-id:")
                server.sendall(content)
        _cut(server)

    def _answer(self, client: socket.socket, server: socket.socket, left: int) -> None:
        with contextlib.suppress(OSError):
            while content := server.recv(65536):
                client.sendall(content[:left])
                left -= len(content)
                if left < 0:
                    with self._lock:
                        self.cuts += 1
                    break
        _cut(client)
        _cut(server)
        with self._lock:
            self._open -= {client, server}
        client.close()
        server.close()


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
