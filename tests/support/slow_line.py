"""A line to a server that counts how often the client had to wait for it: as on a line that takes for ever."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from platformdb.postgres.target import Target

SILENCE_SECONDS = 0.05


class SlowLine:
    """Gives the server's answers to the client only once the client has nothing more to say.

    ``trips`` are the times that it spoke after an answer. ``cut`` ends all connections at once.
    """

    def __init__(self, upstream: str, listener: socket.socket) -> None:
        self.trips = 0
        self._upstream = upstream
        self._listener = listener
        self._sockets: list[socket.socket] = []

    def serve(self) -> None:
        with suppress(OSError):  # the listener is closed at the end
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._upstream)
                self._sockets += [client, server]
                threading.Thread(target=self._carry, args=(client, server), daemon=True).start()

    def cut(self) -> None:
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.close()
        self.cut()
        for each in self._sockets:
            each.close()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        held, answered = b"", True
        with suppress(OSError, ValueError):
            while True:
                readable, _, _ = select.select([client, server], [], [], SILENCE_SECONDS)
                for each in readable:
                    if not (data := each.recv(1 << 16)):
                        client.sendall(held)
                        client.shutdown(socket.SHUT_RDWR)
                        server.shutdown(socket.SHUT_RDWR)
                        return
                    if each is server:
                        held += data
                        continue
                    self.trips += answered
                    answered = False
                    server.sendall(data)
                if held and not readable:
                    client.sendall(held)
                    held, answered = b"", True


@contextmanager
def slow_line(target: Target, folder: Path) -> Iterator[tuple[SlowLine, Target]]:
    """The line, and the target at its other end."""
    host, port = target.parameters["host"], target.parameters.get("port", "5432")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / f".s.PGSQL.{port}"))
    listener.listen()
    line = SlowLine(f"{host}/.s.PGSQL.{port}", listener)
    threading.Thread(target=line.serve, daemon=True).start()
    try:
        yield line, Target(target.provider, {**target.parameters, "host": str(folder)})
    finally:
        line.close()
