"""Instances, and that no two writers of a run share one."""

from itertools import count
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from locust_push.identity.instances import Instances, new_life


def numbered() -> Instances:
    """Return instances with numbers in place of random characters."""
    lives = count(1)
    return Instances(lambda: f"life{next(lives)}")


def test_a_process_has_one_instance_in_all_its_runs() -> None:
    """A name derived from host and process gets characters that stay the same for the life of the process."""
    instances = numbered()
    assert [instances.claim(run, "host:7", alone=False) for run in ("a", "b")] == ["host:7-life1", "host:7-life1"]


def test_a_name_that_only_one_process_can_have_is_used_as_it_is() -> None:
    """What the user called a master is what its label says; a worker's name is followed by characters of its own."""
    instances = numbered()
    assert instances.claim("run", "boss", alone=True) == "boss"
    assert instances.claim("run", "generator-7", alone=False) == "generator-7-life1"


def test_a_worker_that_comes_back_into_a_run_is_another_writer() -> None:
    """Its counters begin at 0 again, so its series are others."""
    instances = numbered()
    claimed = [instances.claim("run", "w", alone=alone) for alone in (True, True, False, False)]
    assert len(set(claimed)) == 4


def test_a_life_is_short_and_of_one_length() -> None:
    """An instance stays readable, and has the same length in each life."""
    random = Random(1)  # noqa: S311  # no secret
    assert {len(new_life(random)) for _ in range(100)} == {8}


NAMES = st.sampled_from(("w", "w-2", "host", "host:1"))
"""Few, so that they clash; some as another name becomes when characters are added."""

STARTS = st.lists(st.tuples(st.integers(0, 3), NAMES, st.booleans(), st.sampled_from(("R", "R-2"))), max_size=30)
"""Process number, 0 being the master; name, whether its life is new, and the run."""


@given(STARTS, st.integers().map(Random))
def test_no_two_writers_ever_share_a_series(starts: list[tuple[int, str, bool, str]], random: Random) -> None:
    """However processes are named, restarted, or leave a run and come back: a writer is alone.

    A restart is a new life under the same host name, process ID and given name, as of a container; a run ends with its
    master.
    """
    alive, written = dict[int, Instances](), list[tuple[str, str]]()
    for number, name, restarted, run_id in starts:
        master = number == 0
        if number not in alive or (restarted and not master):
            alive[number] = Instances(lambda: new_life(random))
        written.append((run_id, alive[number].claim(run_id, name, alone=master)))
    assert len(set(written)) == len(written)
