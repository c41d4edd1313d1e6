"""Independent tasks (a night to read, a fold to train or explain) run side by side in worker processes.

Functions whose artifacts are their result go in; they are done when `run_tasks` returns. Local processes by default,
each with its share of the cores; an existing dask cluster, whose workers see the same files, by its address.
"""

from __future__ import annotations

import ctypes
import inspect
import logging
import os
import queue
import socket
import sys
import tempfile
import time
import uuid
from contextlib import ExitStack, contextmanager, suppress

from ..errors import InputError, WorkError

#: Seconds to wait for a scheduler to answer and for it to have a worker.
PATIENCE = 30

#: Units of the progress bar per task.
WHOLE = 1000

#: Options that name the files of a cluster's certificates, as those of `dask worker` → dask's own setting.
TLS = {"--tls-ca-file": "distributed.comm.tls.ca-file", "--tls-cert": "distributed.comm.tls.client.cert",
       "--tls-key": "distributed.comm.tls.client.key"}

#: What follows a task's name in the message that dask is done with it, well or ill.
ENDED = (None, "", None)


def run_tasks(tasks, scheduler=None, progress=None, each=None, of=None):
    """Run every task; return their results as a dict by name.

    Parameters
    ----------
    tasks : list of (name, function, args). Names differ. A function with a parameter `progress` is given
        `progress(done, total, text="")` to call as it goes. A result is sent back at once: keep it small.
    scheduler : address of a dask scheduler; None for local worker processes, as many as cores or tasks, the lower.
    progress : title of a progress bar on stderr; None for no bar.
    each : function (name, result), called here as each task ends.
    of : number of tasks when none is done yet; by default those given. It fixes a local worker's share of the cores,
        on which the last bits of TensorFlow's sums depend, so that the last folds of a stopped run end as all would.

    Raises
    ------
    InputError
        When the scheduler does not answer or has no workers; and as any exception below.
    WorkError
        When a task's worker process died again and again; the other tasks are finished first.
    Exception
        Whatever a task raised, with the task's name in it (an InputError) or in its notes. What runs is ended, what
        waits is not begun.
    """
    names = [name for name, _, _ in tasks]
    if len(set(names)) < len(names):
        raise ValueError(f"two tasks of one name among {', '.join(names)}")
    if not tasks:
        return {}
    from dask.system import CPU_COUNT

    topic, messages = f"helpers-{uuid.uuid4().hex}", queue.SimpleQueue()
    with ExitStack() as stack:
        client = stack.enter_context(_connected(scheduler) if scheduler else _local(len(tasks), of or len(tasks)))
        bar = stack.enter_context(_Bar(progress, names))
        client.subscribe_topic(topic, lambda event: messages.put(event[1]))

        def begin(name, function, args):
            future = client.submit(_run, function, args, name, topic, key=f"{topic}-{uuid.uuid4().hex}", pure=False)
            future.add_done_callback(lambda future: messages.put((name, *ENDED)))
            return future

        # A cluster is told of all, that it may grow. Here a task waits for whichever worker is free first: dask would choose
        # one at once, and has been seen to leave the other idle.
        at_once = len(tasks) if scheduler else CPU_COUNT
        results = _collect(tasks, begin, at_once, messages, bar, each)
    return {name: results[name] for name in names}


def _run(function, args, name, topic):
    """What a worker does with a task. The result is sent, not kept: it must outlive this worker's death."""
    from distributed.protocol.pickle import dumps

    sender = _Sender(name, topic)
    reports = "progress" in inspect.signature(function).parameters
    result = dumps(function(*args, progress=sender) if reports else function(*args))
    _give_back()
    sender.send(1.0, "", result)


def _give_back():
    """Hand memory that is free back to the system: the C library and Arrow keep what was freed, and a worker lives long."""
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    if "pyarrow" in sys.modules:  # it has a pool of its own, which keeps what a table of full size took
        sys.modules["pyarrow"].default_memory_pool().release_unused()


class _Sender:
    """A task's `progress`: sends what it is told to whoever listens, at most five times a second and at the end."""

    def __init__(self, name, topic):
        self.name, self.topic, self.last = name, topic, 0.0

    def __call__(self, done, total, text=""):
        if done >= total or time.monotonic() - self.last > 0.2:
            self.last = time.monotonic()
            self.send(float(done / total), str(text))

    def send(self, part, text, result=None):
        from distributed import get_worker

        get_worker().log_event(self.topic, [self.name, part, text, result])


def _collect(tasks, begin, at_once, messages, bar, each):
    """Begin tasks, `at_once` at a time; results by name as they end. The first exception ends the run, a task that killed
    its workers only itself.
    """
    from distributed.protocol.pickle import loads
    from distributed.scheduler import KilledWorker

    results, dead, futures, waiting = {}, [], {}, list(reversed(tasks))
    while futures or len(results) + len(dead) < len(tasks):
        while waiting and len(futures) < at_once:
            task = waiting.pop()
            futures[task[0]] = begin(*task)
        name, part, text, result = messages.get()
        if result is not None:
            first, results[name] = name not in results, loads(result)  # not the first: its worker died just after it
            if each and first:
                each(name, results[name])
        elif part is None:
            future = futures.pop(name)  # by now its worker is free
            status, error = future.status, future.exception() if future.status == "error" else None
            del future  # dask need not keep its result, nor do it again when that worker dies in its next task
            if name in results:
                continue
            if status == "cancelled":
                raise WorkError("the dask scheduler went away; what was finished is kept, the same command goes on "
                                "from there")
            if error is None:  # its result is on the way
                continue
            if not isinstance(error, KilledWorker):
                raise _named(error, name)
            dead.append(name)
        bar.move(name, 1.0 if part is None else part, text)
    if dead:
        raise WorkError(f"{', '.join(dead)}: the worker process died each time it was tried (out of memory, or "
                           "killed); what was finished is kept, the same command goes on from there")
    return results


def _named(error, name):
    """The same exception, saying whose it is."""
    if isinstance(error, InputError):
        return error if name in str(error) else InputError(f"{name}: {error}")
    error.add_note(f"in the task {name!r}")
    return error


@contextmanager
def _connected(address):
    """A client of the cluster that is already there."""
    from distributed import Client
    from distributed.comm.addressing import parse_address, parse_host_port

    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # what goes wrong is raised here
    security = _certificates(address)
    try:
        socket.create_connection(parse_host_port(parse_address(address)[1]), PATIENCE).close()
        client = Client(address, timeout=PATIENCE, set_as_default=False, security=security)
    except (OSError, ValueError) as error:
        if address.startswith("tls:") and "SSL" in repr(error.__cause__ or error):
            raise InputError(f"--scheduler {address}: the cluster does not accept this certificate; give those that it was "
                             f"started with by {', '.join(TLS)}") from error
        raise InputError(f"--scheduler {address}: no dask scheduler answers there; give tcp://HOST:PORT as "
                         "`dask scheduler` prints it") from error
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise InputError(f"--scheduler {address}: it has no workers; start some with "
                             f"`dask worker {address}`") from error
        yield client


def use_certificates(files):
    """Have clusters be spoken to by these files, a dict of the names in TLS; those that are None stay as dask is configured."""
    import dask

    for option, path in files.items():
        if path is not None:
            if not os.path.isfile(path):
                raise InputError(f"{option} {path}: no such file")
            dask.config.set({TLS[option]: str(path)})


def _certificates(address):
    """What dask is configured to show a cluster that asks for certificates."""
    from distributed import Security

    security = Security()
    if address.startswith("tls:") and not all((security.tls_ca_file, security.tls_client_cert)):
        raise InputError(f"--scheduler {address}: asks for certificates; give them by {', '.join(TLS)}")
    return security


@contextmanager
def same_workers():
    """Within the block the local workers of one `run_tasks` serve the next: each has TensorFlow loaded by then."""
    global _kept
    with _Kept() as _kept:
        try:
            yield
        finally:
            _kept = None


class _Kept(ExitStack):
    """Workers that outlive a `run_tasks`, with how many there are and their environment."""

    client, workers, environment = None, 0, None

    def __init__(self):
        super().__init__()
        self.users = dict(os.environ)  # while there are workers, dask changes it for those that it starts again

    def lend(self, workers, environment):
        """A client of so many workers or more, new ones where those at hand do not fit."""
        if workers > self.workers or environment != self.environment:
            self.close()
            self.client = self.enter_context(_cluster(workers, environment))
            self.workers, self.environment = workers, environment
        return self.client

    def close(self):
        self.workers = 0
        super().close()


#: The workers of `same_workers`, inside its block.
_kept = None


@contextmanager
def _local(n_tasks, of):
    """A client of worker processes, which end with the block, or with that of `same_workers`."""
    from dask.system import CPU_COUNT

    workers = min(CPU_COUNT, n_tasks)
    users = os.environ if _kept is None else _kept.users
    environment = _environment(CPU_COUNT // min(CPU_COUNT, max(of, workers)), users)
    if _kept is None:
        with _cluster(workers, environment) as client:
            yield client
        return
    try:
        yield _kept.lend(workers, environment)
    except BaseException:
        _kept.close()  # what runs is ended
        raise


@contextmanager
def _cluster(workers, environment):
    """A client of new worker processes, which end with the block."""
    import dask
    from distributed import Client, LocalCluster, Security

    settings = {"distributed.nanny.pre-spawn-environ": environment,  # read when NumPy is loaded
                "distributed.scheduler.worker-saturation": 1.0,  # a death costs the running task, no waiting one
                "distributed.scheduler.http.routes": [], "distributed.worker.http.routes": [],
                "distributed.scheduler.preload": [__name__], "distributed.worker.preload": [__name__]}
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="helpers-", ignore_cleanup_errors=True))
        settings["temporary-directory"] = folder
        stack.enter_context(_own_environment())
        stack.enter_context(_unguarded_main())
        stack.enter_context(dask.config.set(settings))
        cluster = stack.enter_context(LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, memory_limit=None, env=environment,
            local_directory=folder, silence_logs=logging.CRITICAL, dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            protocol="tls://", security=Security.temporary()))  # nobody without this run's own certificate is answered
        yield stack.enter_context(Client(cluster, set_as_default=False))


def dask_setup(server):
    """Dask calls this in the scheduler and in each worker as they start: close the port on which they would speak HTTP."""
    server.http_server.stop()


def _environment(threads, users):
    """Environment of a worker with so many cores; what the user has set stays."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
    wanted = {**dict.fromkeys(names, str(threads)), "TF_NUM_INTEROP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3",
              "TF_FORCE_GPU_ALLOW_GROWTH": "true", "DASK_LOGGING__DISTRIBUTED": "critical"}
    return {name: users.get(name, value) for name, value in wanted.items()}


@contextmanager
def _own_environment():
    """Take back what dask sets in this process's environment for the workers to inherit."""
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)


@contextmanager
def _unguarded_main():
    """Keep new processes from importing the calling script, which would run it again where it lacks a guard."""
    main = sys.modules["__main__"]
    kept = {name: getattr(main, name) for name in ("__file__", "__spec__") if hasattr(main, name)}
    main.__spec__ = None
    if "__file__" in kept:
        del main.__file__
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(main, name, value)


class _Bar:
    """One bar over all tasks, which moves with the parts of tasks as well; nothing at all without a title."""

    def __init__(self, title, names):
        self.title, self.parts, self.text = title, dict.fromkeys(names, 0), ""
        self.bar = None

    def __enter__(self):
        if self.title:
            from tqdm import tqdm

            self.bar = tqdm(desc=self._title(), total=WHOLE * len(self.parts), file=sys.stderr,
                            mininterval=0.2 if sys.stderr.isatty() else 10,
                            bar_format="{desc} {percentage:3.0f}%|{bar:24}| {elapsed}<{remaining}{postfix}")
        return self

    def __exit__(self, *exception):
        if self.bar is not None:
            self.bar.close()

    def move(self, name, part, text):
        """The task `name` has done `part` (0 to 1) of its work."""
        if self.bar is None:
            return
        before, self.parts[name] = self.parts[name], round(part * WHOLE)
        self.text = f"{name}: {text}" if text else self.text
        self.bar.set_description_str(self._title(), refresh=False)
        self.bar.set_postfix_str(self.text, refresh=False)
        self.bar.update(self.parts[name] - before)

    def _title(self):
        return f"{self.title} {sum(part == WHOLE for part in self.parts.values())}/{len(self.parts)}"
