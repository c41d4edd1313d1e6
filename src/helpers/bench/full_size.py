"""A cohort of full size through the whole report: 44 simulated nights of nine hours, explained by a network that was trained before. Time
and memory of each step, measured once by `python -m helpers bench --full-size`; the book shows what it wrote.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager

import pandas

#: Settings of the demo for nights of full length, and for the one network that explains them.
NIGHTS = {"minutes": 540, "cycle_minutes": 90, "trial": "brief"}
NETWORK = {"folds": 1, "trial": "off"}
#: Seconds between two looks at what each process holds.
EVERY = 0.2


def measure(open_study, make_book, say, scheduler=None):
    """Time and memory of every step and of the book.

    Parameters
    ----------
    open_study : function of settings that gives a `Study` of the demo.
    make_book : function of settings that computes and builds the book of such a study in a process of its own.
    say : function of a line, for progress.
    scheduler : address of a dask scheduler whose workers are watched as well, those of this machine; or None.

    Returns
    -------
    Table of workers ("local" or "cluster"), step, seconds, and process, all (GB of memory beyond mapped files: the most that one process
    held, and all together).
    """
    from ..pipeline.workers import same_workers

    network = open_study(NETWORK)
    say("The network that explains them")
    network.run.folders("training")
    settings = {**NIGHTS, "trained_folds": network.name}
    run, rows = open_study(settings).run, []
    with same_workers():
        for step in run.steps():
            with _watched(scheduler) as used:
                run.folders(step)
            rows.append({"step": step, **used})
            say("{step}: {seconds:.0f} s, {process:.2f} GB in one process, {all:.2f} in all".format(**rows[-1]))
    with _watched() as used:
        make_book(settings)
    table = pandas.DataFrame([*rows, {"step": "book", **used}])[["step", "seconds", "process", "all"]]
    table.insert(0, "workers", "cluster" if scheduler else "local")
    return table


@contextmanager
def _watched(scheduler=None):
    """A dict of seconds, process and all, filled when the block ends."""
    used, over, start = {"process": 0.0, "all": 0.0}, threading.Event(), time.perf_counter()
    others = _workers(scheduler) if scheduler else []

    def watch():
        while not over.wait(EVERY):
            held = _held(others)
            used.update(process=max(used["process"], *held), all=max(used["all"], sum(held)))
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield used
    finally:
        used["seconds"] = time.perf_counter() - start
        over.set()
        watcher.join()


def _held(others):
    """GB of memory beyond mapped files of this process, of all that it started, and of those of some numbers."""
    import psutil

    processes, held = psutil.Process(), [0.0]
    for process in [processes, *processes.children(recursive=True), *(psutil.Process(pid) for pid in others if psutil.pid_exists(pid))]:
        try:
            memory = process.memory_info()
            held.append((memory.rss - getattr(memory, "shared", 0)) / 1e9)
        except psutil.Error:  # it has ended meanwhile
            pass
    return held


def _workers(scheduler):
    """Numbers of the processes of a cluster's workers that run on this machine."""
    from distributed import Client

    with Client(scheduler, set_as_default=False) as client:
        return [pid for machine, pid in client.run(_place).values() if machine == _place()[0]]


def _place():
    """(machine, number) of the process that calls it."""
    return os.uname().nodename, os.getpid()
