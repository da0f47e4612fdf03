import threading
from collections.abc import Callable
from pathlib import Path

from locust_push.delivery.disk_worker import DiskWorker, WriteOut, do, remove_folder, write_out


def test_jobs_are_done_in_order_by_one_thread() -> None:
    """Jobs that are added while the thread runs are done by it, and a failing job does not end others."""
    begun: list[Callable[[], None]] = []
    done: list[int] = []
    worker = DiskWorker(begun.append)

    def fail() -> None:
        raise OSError("full")

    worker(lambda: done.append(1))
    worker(fail)
    worker(lambda: done.append(2))
    assert (len(begun), done) == (1, [])
    begun[0]()
    assert done == [1, 2]
    worker(lambda: done.append(3))
    assert len(begun) == 2
    assert repr(worker) == "<DiskWorker busy, 1 jobs>"


def test_files_folders_and_what_is_gone(tmp_path: Path) -> None:
    """Files and folders are synced; deleted ones are not an error, and no descriptor stays open."""
    file = tmp_path / "file"
    file.write_text("content")
    before = len([*Path("/proc/self/fd").iterdir()])
    thread = threading.Thread(target=write_out, args=([file, tmp_path, tmp_path / "gone"],))
    thread.start()
    thread.join()
    assert len([*Path("/proc/self/fd").iterdir()]) == before


def test_one_job_writes_out_all_that_was_asked_for(tmp_path: Path) -> None:
    """Repeated requests are one job until it is done."""
    jobs: list[Callable[[], None]] = []
    out = WriteOut(jobs.append)
    out.soon(tmp_path)
    out.soon(tmp_path, tmp_path / "gone")
    assert len(jobs) == 1
    jobs[0]()
    out.soon(tmp_path)
    assert len(jobs) == 2


def test_a_folder_goes_with_the_one_above(tmp_path: Path) -> None:
    """The parent is deleted as well, unless it contains something else."""
    for name in ("a", "b"):
        (tmp_path / "R" / name / "deeper").mkdir(parents=True)
    do(lambda: remove_folder(tmp_path / "R" / "a"))
    assert [path.name for path in (tmp_path / "R").iterdir()] == ["b"]
    do(lambda: remove_folder(tmp_path / "R" / "b"))
    assert not (tmp_path / "R").exists()
