"""Tasks in worker processes: results, failures, deaths, progress, and nothing left behind."""

import asyncio
import os
import platform
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import tasks_to_run as work
from dask.system import CPU_COUNT

from helpers.errors import InputError
from helpers.pipeline.workers import TLS, run_tasks, same_workers, use_certificates


def test_results_come_back_by_name_in_the_order_asked():
    seen = {}
    results = run_tasks([(f"fold {n}", work.square, (n,)) for n in range(5)], each=seen.__setitem__)
    assert list(results.items()) == [(f"fold {n}", n * n) for n in range(5)]
    assert seen == results
    assert run_tasks([]) == {}


def test_every_worker_is_another_process_with_its_share_of_the_cores(monkeypatch):
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
        monkeypatch.delenv(name, raising=False)
    before = dict(os.environ)
    alone = run_tasks([("a", work.facts, ())])["a"]
    assert alone["pid"] != os.getpid() and alone["noise"] == "3"
    assert alone["threads"]["TF_NUM_INTRAOP_THREADS"] == alone["threads"]["OMP_NUM_THREADS"] == str(CPU_COUNT)
    many = run_tasks([(str(n), work.facts, ()) for n in range(CPU_COUNT)])
    assert {found["threads"]["TF_NUM_INTRAOP_THREADS"] for found in many.values()} == {"1"}
    last = run_tasks([("a", work.facts, ())], of=CPU_COUNT)["a"]  # the share does not grow as tasks are done
    assert last["threads"]["TF_NUM_INTRAOP_THREADS"] == "1"
    assert dict(os.environ) == before


def test_the_same_workers_serve_until_their_share_of_the_cores_changes_or_a_task_fails(monkeypatch):
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
        monkeypatch.delenv(name, raising=False)

    def pids(n, of):
        return {found["pid"] for found in run_tasks([(str(n), work.facts, ()) for n in range(n)], of=of).values()}

    with same_workers():
        first = pids(CPU_COUNT, CPU_COUNT)
        assert pids(1, CPU_COUNT) <= first
        if CPU_COUNT > 1:
            assert not pids(1, 1) & first
        before = pids(1, 1)
        with pytest.raises(InputError):
            run_tasks([("a", work.wrong, ("b",))], of=1)
        after = pids(1, 1)
        assert not after & before
        assert all(map(psutil.pid_exists, after))
    assert not any(map(psutil.pid_exists, after))
    assert not pids(1, 1) & after


@pytest.mark.skipif(CPU_COUNT < 2, reason="one worker")
def test_no_worker_is_idle_while_a_task_waits():
    """A task that is given to a worker in advance may wait behind a long one while another worker has nothing to do."""
    tasks = [("long", work.stepwise, (16,)), *((f"short {n}", work.stepwise, (1,)) for n in range(3 * CPU_COUNT))]
    ended = []
    run_tasks(tasks, each=lambda name, _: ended.append(name))
    assert ended[-1] == "long"


def test_a_users_mistake_stays_one_and_names_the_task_and_the_rest_is_not_begun(tmp_path):
    tasks = [("fold 1", work.wrong, ("row 3: age is -1",))]
    tasks += [(f"night {n}", work.wait, (tmp_path / str(n), 1)) for n in range(3 * CPU_COUNT)]
    with pytest.raises(InputError, match="^fold 1: row 3: age is -1$"):
        run_tasks(tasks)
    assert len(list(tmp_path.iterdir())) < 2 * CPU_COUNT


def test_any_other_exception_stays_itself_with_the_task_in_its_notes():
    with pytest.raises(KeyError, match="missing") as caught:
        run_tasks([("fold 2", work.broken, ())])
    assert caught.value.__notes__ == ["in the task 'fold 2'"]


def test_a_task_whose_worker_dies_is_done_again(tmp_path):
    assert run_tasks([("fold 1", work.killed_once, (tmp_path / "tried",))]) == {"fold 1": "second time"}


def test_a_task_that_kills_every_worker_costs_only_itself(tmp_path):
    kept = {}
    tasks = [("fold 1", work.killed, ()), *((f"fold {n}", work.square, (n,)) for n in range(2, 6))]
    with pytest.raises(RuntimeError, match="^fold 1: the worker process died each time"):
        run_tasks(tasks, each=kept.__setitem__)
    assert kept == {f"fold {n}": n * n for n in range(2, 6)}


def test_the_bar_shows_tasks_and_training_epochs_and_without_a_title_there_is_none(capfd):
    tasks = [("fold 1", work.stepwise, (3,)), ("fold 2", work.square, (2,))]
    run_tasks(tasks, progress="Training folds")
    shown = capfd.readouterr().err
    assert "Training folds 0/2" in shown
    assert "Training folds 2/2 100%" in shown and "fold 1: training epoch 3/3" in shown
    run_tasks(tasks)
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="asks the C library of Linux")
@pytest.mark.parametrize("freed", [work.freed_but_for_the_last, work.freed_of_arrow])
def test_a_worker_gives_back_what_a_task_no_longer_needs(freed):
    with same_workers():
        within = run_tasks([("a", freed, (400,))], of=1)["a"]
        assert run_tasks([("b", work.held, ())], of=1)["b"] < within - 300


def test_it_works_where_an_event_loop_already_runs_as_in_a_notebook():
    async def cell():
        return run_tasks([("a", work.square, (3,))])

    with ThreadPoolExecutor() as thread:  # in this thread the browser tests' own loop may run
        assert thread.submit(asyncio.run, cell()).result() == {"a": 9}


def test_a_script_without_a_guard_runs_once_and_leaves_nothing(tmp_path):
    (tmp_path / "script.py").write_text(textwrap.dedent("""
        import sys
        print("begun")
        from helpers.pipeline.workers import TLS, run_tasks, same_workers, use_certificates
        def double(x):
            return 2 * x
        print(run_tasks([(str(n), double, (n,)) for n in range(3)]), __file__.endswith("script.py"))
    """))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60,
                          env={**os.environ, "TMPDIR": str(scratch)})
    assert (done.stdout, done.stderr) == ("begun\n{'0': 0, '1': 2, '2': 4} True\n", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scratch", "script.py"]
    assert list(scratch.iterdir()) == []


def test_no_worker_process_outlives_the_run_and_the_dashboards_port_stays_free(tmp_path):
    def look():
        path = tmp_path / "a"
        while not path.exists() or not path.read_text():
            waiting.wait(0.05)
        found.append(psutil.Process(int(path.read_text())))
        found.append({port.laddr.port for port in psutil.Process().net_connections() if port.status == "LISTEN"})

    found, waiting = [], threading.Event()
    watcher = threading.Thread(target=look)
    watcher.start()
    run_tasks([("a", work.wait, (tmp_path / "a", 1.5))])
    watcher.join()
    worker, ports = found
    assert not worker.is_running() and 8787 not in ports


def test_no_port_of_the_run_answers_a_stranger(tmp_path):
    """A stranger has no certificate: neither plain bytes nor a handshake without one are answered."""
    def knock():
        path = tmp_path / "a"
        while not path.exists() or not path.read_text():
            waiting.wait(0.05)
        waiting.wait(0.5)  # the scheduler and the workers close the ports for HTTP as they start
        for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
            for listening in (port.laddr for port in process.net_connections() if port.status == "LISTEN"):
                if listening not in before:
                    answers[listening.port] = [_answer(listening, plain) for plain in (True, False)]

    answers, waiting = {}, threading.Event()
    before = {port.laddr for port in psutil.Process().net_connections()}
    watcher = threading.Thread(target=knock)
    watcher.start()
    run_tasks([("a", work.wait, (tmp_path / "a", 8))])
    watcher.join()
    assert answers and set(map(tuple, answers.values())) == {(b"", b"")}


def _answer(address, plain):
    """What a port says to somebody without a certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection(address, 3) as connection:
            connection.settimeout(3)
            if not plain:
                connection = context.wrap_socket(connection)
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n" + bytes(64))
            return connection.recv(100)
    except OSError:
        return b""


def _certificate(folder):
    """Files of a certificate that is its own authority, and of its key: their paths."""
    from distributed import Security

    made = Security.temporary()
    for name, content in (("cert.pem", made.tls_scheduler_cert), ("key.pem", made.tls_scheduler_key)):
        (folder / name).write_text(content)
    return folder / "cert.pem", folder / "key.pem"


@contextmanager
def _started(folder, *options):
    """Address of a dask scheduler with one worker, both started by hand."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent),
                                                                os.environ.get("PYTHONPATH", "")])}
    command, file = [sys.executable, "-m", "distributed.cli.dask_scheduler"], folder / "scheduler.json"
    common = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, "env": environment}
    processes = [subprocess.Popen([*command, "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
                                   "--dashboard-address", "127.0.0.1:0", "--scheduler-file", file, *options], **common)]
    processes.append(subprocess.Popen([sys.executable, "-m", "distributed.cli.dask_worker", "--no-nanny",
                                       "--nthreads", "1", "--no-dashboard", "--scheduler-file", file, *options], **common))
    try:
        from helpers.files import read_json

        waiting = threading.Event()
        while not file.exists() or not file.read_text():
            waiting.wait(0.1)
        yield read_json(file)["address"]
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.fixture
def scheduler(tmp_path):
    with _started(tmp_path) as address:
        yield address


def test_a_cluster_with_certificates_is_used_by_those_who_have_them_and_by_no_others(tmp_path):
    import dask

    certificate, key = _certificate(tmp_path)
    files = dict(zip(TLS, (certificate, certificate, key)))
    options = [str(word) for pair in files.items() for word in pair]
    with _started(tmp_path, "--protocol", "tls", *options) as address, dask.config.set({}):
        assert address.startswith("tls://")
        with pytest.raises(InputError, match="asks for certificates; give them by --tls-ca-file, --tls-cert, --tls-key"):
            run_tasks([("a", work.square, (3,))], address)
        use_certificates(files)
        assert run_tasks([("a", work.square, (3,))], address) == {"a": 9}
        (tmp_path / "other").mkdir()
        other, its_key = _certificate(tmp_path / "other")
        use_certificates(dict(zip(TLS, (other, other, its_key))))
        with pytest.raises(InputError, match="does not accept this certificate|no dask scheduler answers"):
            run_tasks([("a", work.square, (3,))], address)
    with pytest.raises(InputError, match="--tls-key .*gone.pem: no such file"):
        use_certificates({"--tls-key": tmp_path / "gone.pem"})


def test_an_existing_cluster_does_the_tasks_and_lives_on(scheduler, capfd):
    for _ in range(2):
        found = run_tasks([("a", work.facts, ()), ("b", work.stepwise, (2,))], scheduler, progress="Far away")
    assert found["b"] == "done" and found["a"]["pid"] != os.getpid()
    assert "Far away 2/2" in capfd.readouterr().err


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nowhere"])
def test_an_address_where_no_scheduler_answers_is_the_users_mistake(address):
    with pytest.raises(InputError, match=f"^--scheduler {address}: no dask scheduler answers there"):
        run_tasks([("a", work.square, (1,))], address)
