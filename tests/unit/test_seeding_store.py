"""Arrays that may be larger than memory, and what processes share."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

import numpy as np
import pytest

from platformdb.errors import NotNow
from platformdb.seeding.rows.columns import Column, lists
from platformdb.seeding.rows.kept import kept
from platformdb.seeding.rows.ropes import Texts, constant, texts
from platformdb.seeding.rows.store import Store, private_folder
from platformdb.seeding.rows.stored import Stored
from seeding_worlds import SPILLED, values

MANY = 300_000


def written(store: Store, rows: int = MANY) -> Stored:
    writer = store.writer("numbers", np.int64)
    for first in range(0, rows, 65_536):
        writer.append(np.arange(first, min(first + 65_536, rows)))
    assert writer.rows == rows
    return writer.finish()


@pytest.fixture(params=["memory", "files", "small windows"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    if request.param == "small windows":
        for name, value in SPILLED.items():
            monkeypatch.setattr(name, value)
    return Store(None if request.param == "memory" else tmp_path, resident=1 << 16)


def test_what_was_written_piece_by_piece_is_read_by_spans_and_at_any_place(store: Store) -> None:
    found = written(store)
    assert len(found) == MANY
    assert found.dtype == np.int64
    assert found.span(100_000, 100_003).tolist() == [100_000, 100_001, 100_002]
    places = np.random.default_rng(1).integers(0, MANY, 5_000)
    assert (found.at(places) == places).all()
    assert (found.whole() == np.arange(MANY)).all()
    assert len(written(store, 0)) == 0
    assert written(store, 0).at(np.zeros(0, np.int64)).tolist() == []


def test_what_is_written_in_any_order_is_read_in_its_own(store: Store) -> None:
    places = store.places([("a", np.int32), ("b", np.int64)], MANY)
    for first in reversed(range(0, MANY, 50_000)):
        part = np.zeros(50_000, [("a", np.int32), ("b", np.int64)])
        part["a"] = part["b"] = np.arange(first, first + 50_000)
        places.put(first, part)
    found = places.finish()
    assert (found.whole()["a"] == np.arange(MANY)).all()
    assert found.at(np.array([7, 299_999]))["b"].tolist() == [7, 299_999]


def test_columns_of_every_kind_are_kept(store: Store) -> None:
    nulls = np.array([False, True, False, False, True])
    rope = texts(["", "ä", "long enough", "b", "c"])
    columns = [
        Column("link", np.array([4, -1, 0, 2, 2]), None, "other"),
        Column("int", np.arange(5), nulls),
        Column("bool", np.array([True, False, True, True, False])),
        Column("float", np.array([0.5, 1, 2, 3, 4])),
        Column("uuid", np.arange(10, dtype=np.uint64).view("V16")),
        Column("text", rope, nulls),
        Column("bytes", Texts((*rope.parts, constant("!", 5)))),
        Column("vector", np.arange(15, dtype=np.float32).reshape(5, 3), nulls),
        lists(Column("text", texts(["x", "yy", "z"])), np.array([0, 2, 0, 0, 1])),
    ]
    for column in columns:
        found = kept(store, "c", [column, column.take(np.array([3, -1, 0])), column.take(np.zeros(0, np.int64))])
        expected = values(column) + values(column.take(np.array([3, -1, 0])))
        assert (found.kind, found.target, len(found)) == (column.kind, column.target, 8)
        assert values(found.span(0, 8)) == expected
        assert values(found.span(2, 6)) == expected[2:6]
        nothing = -1 if column.kind == "link" else None
        assert values(found.take(np.array([7, -1, 2]))) == [expected[7], nothing, expected[2]]
        assert values(found.take(np.array([-1, -1]))) == [nothing, nothing]


def test_texts_of_a_pool_are_kept_as_slices_of_it(tmp_path: Path) -> None:
    pool = texts(["a word", "another"]).take(np.arange(1000) % 2)
    found = kept(Store(tmp_path), "pool", [Column("text", pool)] * 3)
    assert found.form.content is not None
    assert len(found.form.content) == len("a wordanother")
    assert values(found.span(2998, 3000)) == ["a word", "another"]


def test_pages_of_files_do_not_pile_up_in_memory(tmp_path: Path) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux counts and gives back pages as this test expects")
    script = f"""
import resource, sys
from pathlib import Path
import numpy as np
from platformdb.seeding.rows import stored
from platformdb.seeding.rows.store import Store
stored.WINDOW = 8 << 20
store = Store(Path({str(tmp_path)!r}), resident=16 << 20)
writer = store.writer("x", np.int64)
for first in range(0, 1 << 24, 1 << 16):
    writer.append(np.arange(first, first + (1 << 16)))
found = writer.finish()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
places = np.random.default_rng(1).integers(0, 1 << 24, 1 << 16)
assert (found.at(places) == places).all()
for first in range(0, 1 << 24, 1 << 16):
    assert found.span(first, first + (1 << 16))[-1] == first + (1 << 16) - 1
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 48


def test_the_folder_is_private_and_gone_in_the_end_whatever_happens() -> None:
    with suppress(KeyboardInterrupt), private_folder() as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        written(Store(folder, shared=True))
        assert list(folder.glob("*.array"))
        raise KeyboardInterrupt
    assert not folder.exists()


def hold(pipe: Pipe) -> None:
    with private_folder() as folder:
        pipe.send(folder)
        pipe.recv()


def test_the_folder_of_a_killed_process_is_removed_by_the_next_one_and_that_of_a_live_one_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=hold, args=(there,))
    process.start()
    folder = here.recv()
    with private_folder() as other:
        assert folder.exists()
        process.kill()
        process.join()
        with private_folder():
            assert not folder.exists()
            assert other.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_somebody_else_is_not_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    other = tmp_path / "platformdb-seed-other"
    other.mkdir()
    os.mkfifo(other / "owner")  # to open it would wait for ever
    monkeypatch.setattr("os.getuid", lambda: other.stat().st_uid + 1)
    with private_folder():
        assert other.exists()


def test_arrays_of_a_single_process_have_no_name_in_the_folder(tmp_path: Path) -> None:
    found = written(Store(tmp_path))
    assert list(tmp_path.iterdir()) == []
    assert found.span(5, 6).tolist() == [5]


def test_more_arrays_than_files_may_be_open_at_first_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdb.seeding.rows.store.SMALL", 256)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(list(Path("/dev/fd").iterdir())) + 50, before[1]))
    try:
        store = Store(tmp_path)
        kept = [store.keep("many", np.full(100, number)) for number in range(100)]
        assert [array.span(0, 1)[0] for array in kept] == list(range(100))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_full_disk_is_told_with_what_to_do(tmp_path: Path) -> None:
    with at_most(1 << 20), pytest.raises(NotNow, match=r"cannot keep what is generated in .*File too large") as caught:
        written(Store(tmp_path))
    assert "TMPDIR" in caught.value.help
    with at_most(1 << 20), pytest.raises(NotNow):
        Store(tmp_path).places(np.int64, MANY).put(200_000, np.zeros(1000, np.int64))


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """Files can only be so large."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_who_shares_a_folder_reads_what_another_made(tmp_path: Path) -> None:
    one, other = Store(tmp_path, shared=True), Store(tmp_path, shared=True)
    assert not other.known("numbers/all")
    made = one.once("numbers/all", lambda: {"large": written(one), "small": one.keep("s", np.arange(3))})
    assert one.once("numbers/all", lambda: made) is made
    assert len(written(other)) == len(written(one)) == MANY
    assert other.known("numbers/all")
    found: dict[str, Stored] = other.once("numbers/all", lambda: pytest.fail("it is there already"))
    assert (found["large"].whole() == made["large"].whole()).all()
    assert found["small"].whole().tolist() == [0, 1, 2]


def make(folder: Path, how: str) -> int:
    store = Store(folder, shared=True)

    def work() -> Stored:
        with (folder / "makers").open("a") as file:
            file.write(f"{os.getpid()}\n")
        found = written(store)
        if how == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.2)
        return found

    return int(store.once("numbers", work).whole().sum())


def test_what_two_processes_want_at_once_is_made_once(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        sums = pool.starmap(make, [(tmp_path, "live")] * 4, chunksize=1)
    assert sums == [MANY * (MANY - 1) // 2] * 4
    assert len((tmp_path / "makers").read_text().split()) == 1


def test_who_dies_while_making_something_leaves_no_half_of_it(tmp_path: Path) -> None:
    victim = multiprocessing.get_context("spawn").Process(target=make, args=(tmp_path, "die"))
    victim.start()
    victim.join()
    assert victim.exitcode == -signal.SIGKILL
    assert not Store(tmp_path, shared=True).known("numbers")
    assert make(tmp_path, "live") == MANY * (MANY - 1) // 2
    assert len((tmp_path / "makers").read_text().split()) == 2
