"""Makes the next items of an iterator while the last is used."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")
PATIENCE_SECONDS = 0.1


class _End:
    """After the last item: nothing, or the error that ended them."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class _Line(Generic[T]):
    def __init__(self, items: Iterator[T], room: int) -> None:
        self._items = items
        self._queue: queue.Queue[T | _End] = queue.Queue(room)
        self._stopped = threading.Event()
        self.thread = threading.Thread(target=self._make, daemon=True)

    def __iter__(self) -> Iterator[T]:
        while not isinstance(item := self._queue.get(), _End):
            yield item
        if item.error:
            raise item.error

    def stop(self) -> None:
        self._stopped.set()
        self.thread.join()

    def _make(self) -> None:
        error: BaseException | None = None
        try:
            for item in self._items:
                if not self._put(item):
                    return
        except BaseException as raised:  # noqa: BLE001 - whoever reads raises it again
            error = raised
        self._put(_End(error))

    def _put(self, item: T | _End) -> bool:
        while not self._stopped.is_set():
            try:
                self._queue.put(item, timeout=PATIENCE_SECONDS)
            except queue.Full:
                continue
            return True
        return False


@contextmanager
def ahead(items: Iterator[T], *, room: int) -> Iterator[Iterator[T]]:
    """The same items, made by a thread, at most ``room`` in advance; errors are raised to the reader."""
    line = _Line(items, room)
    line.thread.start()
    try:
        yield iter(line)
    finally:
        line.stop()
