"""A worker's tasks live and die together, and its port says what they wait for."""

from __future__ import annotations

import subprocess
import sys
import threading

import httpx
import pytest

from ihala.errors import WorldIsDown
from ihala.testing.ports import free_port
from ihala.testing.waiting import wait_for
from ihala.worker import Loop
from ihala.worker_port import WorkerPort

WORKER = """
import sys
from ihala.worker import Loop, run_tasks

def fail():
    raise RuntimeError("a bug")

def work():
    print("working", flush=True)
    return 0

steps = {"well": work, "ill": fail}
sys.exit(run_tasks([Loop(name, steps[name]) for name in sys.argv[1:]]))
"""


@pytest.mark.parametrize(("tasks", "status"), [(["well", "ill"], 1), (["well"], 0)])
def test_a_worker_ends_well_only_when_it_is_told_to(tasks: list[str], status: int) -> None:
    """SIGTERM is an order; one failing task ends the process, to be started anew, whole."""
    command = [sys.executable, "-c", WORKER, *tasks]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"working\n"
        if tasks == ["well"]:
            process.terminate()

        assert process.wait(20) == status


def test_a_loop_waits_for_the_world_and_goes_on() -> None:
    """While it waits, the port says so with 503; afterwards all is well."""
    world_is_down = threading.Event()
    world_is_down.set()
    done = []

    def step() -> int:
        if world_is_down.is_set():
            raise WorldIsDown("no database")
        done.append(1)
        return 0

    loop, stop = Loop("work", step, idle_s=0.05), threading.Event()
    thread = threading.Thread(target=loop.run, args=(stop,))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with WorkerPort("127.0.0.1", port, [loop]):
        thread.start()
        wait_for(lambda: loop.waiting_for)
        waiting = httpx.get(f"{url}/readyz")
        world_is_down.clear()
        wait_for(lambda: done)
        ready = httpx.get(f"{url}/readyz")
        metrics = httpx.get(f"{url}/metrics")
        stop.set()
        thread.join(10)

    assert (waiting.status_code, ready.status_code) == (503, 200)
    assert waiting.json()["waiting_for"] == {"work": "WorldIsDown"}
    assert "process_resident_memory_bytes" in metrics.text
