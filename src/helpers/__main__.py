"""The command line: `sleep-relevance …` or `python -m helpers …`. Exit status 0 done, 1 the work failed, 2 the user's input is at
fault.
"""

from __future__ import annotations

import argparse
import errno
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from .errors import InputError, WorkError, nearest
from .pipeline.config import BENCHMARK, FLOORS, FULL_SIZE, HOME, store_folder
from .pipeline.parameters import fitting, listing, split_parameters

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

#: The program as it was called, for its own words.
PROGRAM = "sleep-relevance" if Path(sys.argv[0]).name.startswith("sleep-relevance") else "python -m helpers"
ABOUT = """Explains how a deep network reads sleep: trains it on nights of EEG, EOG and EMG, tells by layer-wise relevance propagation
how much each of these mattered, and builds a report that opens in a browser.

  {0} run                              the report on simulated nights, in minutes
  {0} check mine.csv                   your own nights: what a run would make of each
  {0} run --cohort mine.csv            the report on them, in _build/html/index.html"""


def main(arguments=None):
    try:
        options, unknown = _parser().parse_known_args(arguments)
        if unknown:
            options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
        options.command(options)
    except InputError as error:
        return _end(2, error)
    except KeyboardInterrupt:
        return _end(1, "stopped; what was finished is kept, the same command goes on from there")
    except OSError as error:
        name = error.filename or "the results"
        if error.errno == errno.ENOSPC:
            return _end(1, f"disk full while writing {name}: nothing is half written; free space, run the command again")
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            return _end(2, f"{name}: may not be written ({error.strerror}); give folders of your own by --artifacts and --output")
        if error.errno in (errno.EISDIR, errno.ENOTDIR, errno.EEXIST):
            return _end(2, f"{name}: {'a folder where a file' if error.errno == errno.EISDIR else 'a file where a folder'} is needed")
        raise
    except WorkError as error:
        return _end(1, error)
    return 0


def _end(status, line):
    print("helpers: " + " ".join(str(line).split()), file=sys.stderr)
    return status


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line, with the nearest of what it knows; `more` makes what its help ends with."""

    more = None

    def format_help(self):
        return super().format_help() + (self.more() if self.more else "")

    def error(self, message):
        wrong = re.search(r"unrecognized arguments: (\S+)|invalid choice: '([^']*)'", message)
        known = re.findall(r"--[a-z][\w-]+|(?<=')[\w-]+(?=')", f"{self.format_help()} {message}")
        hint = nearest(word := next(filter(None, wrong.groups())), [name for name in known if name != word]) if wrong else ""
        raise InputError(f"{message}{hint}; {self.prog} --help says what there is")


def _parser():
    parser = _Parser(prog=PROGRAM, description=ABOUT.format(PROGRAM), formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    fetch = commands.add_parser("fetch", help="download the 44 telemetry nights (1.12 GB), verified by SHA-256")
    fetch.add_argument("--data", required=True, metavar="DIR", help="where the files go; files already there are kept")
    fetch.set_defaults(command=_fetch)

    simulate = commands.add_parser("simulate", help="write simulated nights of the telemetry files' shape, as EDF")
    simulate.add_argument("--data", required=True, metavar="DIR", help="a new or empty folder")
    simulate.add_argument("--subjects", type=int, default=22, metavar="N", help="two nights each (default 22)")
    simulate.add_argument("--minutes", type=int, default=120, metavar="M", help="length of a night (default 120)")
    simulate.add_argument("--seed", type=int, default=1, metavar="S", help="same seed, same bytes (default 1)")
    simulate.add_argument("--cycle-minutes", type=int, default=60, metavar="C",
                          help="length of a sleep cycle (default 60, compressed; 90 for whole nights)")
    simulate.add_argument("--effect-size", type=float, default=3, metavar="D",
                          help="how strongly medication, sex and age act, in standard deviations, 0 to 3 (default 3)")
    simulate.set_defaults(command=_simulate)

    check = commands.add_parser("check", help="read your own nights once and say what a run would make of each of them")
    check.add_argument("cohort", metavar="CSV", help="your own nights: recording, subject, psg, hypnogram, covariates")
    check.add_argument("--folds", metavar="STUDY", help="study whose trained folds shall explain them, as for run")
    check.set_defaults(command=_check)

    _run_options(commands.add_parser("run", help="run the notebooks in order, then build the book",
                                     description="Runs the notebooks in order and builds the book; results that are there are not made again."))

    prune = commands.add_parser("prune", help="say what lies in the store that no study names, and free it when told to")
    prune.add_argument("--artifacts", default=HOME / "artifacts", metavar="DIR", help="folder of the store (default artifacts)")
    prune.add_argument("--forget", action="append", default=[], metavar="STUDY",
                       help="also what only this study names; may be repeated")
    prune.add_argument("--yes", action="store_true", help="free it")
    prune.set_defaults(command=_prune)

    publish = commands.add_parser("publish", help="put the built book on the branch gh-pages of a git remote")
    publish.add_argument("--output", default=HOME / "_build", metavar="DIR", help="folder of the book (default _build)")
    publish.add_argument("--remote", default="origin", metavar="NAME", help="where it is pushed to (default origin)")
    publish.add_argument("--own-nights", action="store_true", help="also where the book shows nights of your own")
    publish.set_defaults(command=_publish)

    _bench_options(commands.add_parser("bench", help="measure speed and memory against Keras and iNNvestigate, as ratios"))
    for command in commands.choices.values():
        command.set_defaults(parser=command)
    return parser


def _run_options(run):
    run.add_argument("--profile", metavar="NAME", help="smoke, demo or paper (default demo, or that of --folds)")
    run.add_argument("--data", metavar="DIR", help="folder of the nights; filled if they are missing")
    run.add_argument("--cohort", metavar="CSV", help="your own nights: recording, subject, psg, hypnogram, covariates")
    run.add_argument("-p", nargs=2, action="append", default=[], metavar=("KEY", "VALUE"), dest="parameters",
                     help="override a setting of the profile or a notebook's parameter; may be repeated")
    run.add_argument("--only", action="append", default=[], metavar="NOTEBOOK",
                     help="execute this notebook alone, by number or name, and take the others as they lie; may be repeated")
    run.add_argument("--folds", metavar="STUDY", help="a study's name, or its folder of results: its trained folds stage and "
                     "explain every night of this one, and nothing is trained; nights may be unscored")
    run.add_argument("--network", metavar="NAME", help="paper, branches, or a file and a function in it, such as my_models.py:build: "
                     "which network is trained, or whose weights --weights are")
    run.add_argument("--weights", metavar="FILE", help="weights (.npz, .h5), or a whole model of Keras's own layers (.keras): they stage and "
                     "explain every night, and nothing is trained")
    run.add_argument("--scheduler", metavar="ADDRESS", help="a dask scheduler whose workers see the same folders")
    for option, what in (("ca-file", "the authority's certificate"), ("cert", "certificate"), ("key", "private key of it")):
        run.add_argument(f"--tls-{option}", metavar="FILE", help=f"{what} for a scheduler at tls://…, as of dask worker")
    run.add_argument("--artifacts", metavar="DIR", help="folder of the store of results (default artifacts)")
    run.add_argument("--output", default=HOME / "_build", metavar="DIR", help="folder of the book (default _build)")
    run.set_defaults(command=_run)
    run.more = listing


def _bench_options(bench):
    bench.add_argument("--profile", default="demo", metavar="NAME", help="whose nights and first fold (default demo)")
    bench.add_argument("--data", metavar="DIR", help="folder of the nights")
    bench.add_argument("--artifacts", metavar="DIR", help="folder of the store of results (default artifacts)")
    bench.add_argument("--batch", type=int, default=128, metavar="N", help="of the training step, both sides (default 128)")
    bench.add_argument("--book", action="store_true", help="time the whole demo report as well, nothing cached")
    bench.add_argument("--zennit", metavar="PYTHON", help="a Python that has torch and zennit: relevance by Zennit is timed as well")
    bench.add_argument("--floors", action="store_true", help="measure floors of modalities in three simulated cohorts instead (half an hour)")
    bench.add_argument("--full-size", action="store_true", help="time each step of 44 nights of nine hours instead (half an hour)")
    bench.add_argument("--scheduler", metavar="ADDRESS", help="a dask scheduler, for --full-size")
    bench.add_argument("--output", default=BENCHMARK, metavar="FILE", help="where the book's page reads it")
    bench.set_defaults(command=_bench)


def _bench(options):
    from .bench.measure import machine, measure
    from .files import write_json
    from .study import Study

    def say(line):
        print(line, file=sys.stderr, flush=True)
    if options.floors:
        from .bench import floor_seeds

        floor_seeds.measure(lambda settings: Study.open("demo", artifacts=options.artifacts, settings=settings), say).round(5).to_csv(FLOORS, index=False)
        return
    if options.full_size:
        _bench_full_size(options, say)
        return
    if options.batch < 1:
        raise InputError(f"--batch {options.batch}: must be at least 1")
    study = Study.open(options.profile, options.data, artifacts=options.artifacts)
    weights = study.run.folders("training")[(0,)] / "weights.npz"
    table = measure(study.epochs(), study.predictions().query("fold == 0"), weights, options.batch, say, options.book, options.zennit)
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    write_json(options.output, {"machine": machine(), "rows": rows})
    print(table.to_string(index=False, float_format="{:.2f}".format))


def _bench_full_size(options, say):
    import tempfile

    import pandas

    from .bench import full_size
    from .study import Study

    def open_study(settings):
        return Study.open("demo", artifacts=options.artifacts, settings=settings, scheduler=options.scheduler)

    def make_book(settings):
        given = [text for key, value in settings.items() if key != "trained_folds" for text in ("-p", key, str(value))]
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "helpers", "run", "--profile", "demo", "--folds", settings["trained_folds"], *given]
            subprocess.run([*command, "--output", folder, *(("--artifacts", options.artifacts) if options.artifacts else ())], check=True)

    table = full_size.measure(open_study, make_book, say, options.scheduler).round(3)
    if FULL_SIZE.exists():  # what was measured with the other workers stays
        before = pandas.read_csv(FULL_SIZE)
        table = pandas.concat([table, before[before["workers"] != table["workers"].iloc[0]]])
    table.sort_values("workers", ascending=False, kind="stable").to_csv(FULL_SIZE, index=False)


def _fetch(options):
    from .data.telemetry import fetch

    fetch(Path(options.data))


def _simulate(options):
    from .data.simulation.simulate import simulate

    for name, least in (("subjects", 1), ("minutes", 12), ("seed", 0)):
        if getattr(options, name) < least:
            raise InputError(f"--{name} {getattr(options, name)}: must be at least {least}")
    if not 0 <= options.effect_size <= 3:
        raise InputError(f"--effect-size {options.effect_size:g}: must be 0 to 3")
    folder = simulate(Path(options.data), options.subjects, options.minutes, options.seed, options.cycle_minutes,
                      options.effect_size)
    print(f"{folder}: {2 * options.subjects} nights", file=sys.stderr)


def _check(options):
    from .data.check import check
    from .pipeline.trained import Trained

    trained = Trained.found(options.folds, store_folder()).channels() if options.folds else None
    check(options.cohort, trained, options.folds)


def _run(options):
    from .pipeline import provenance
    from .pipeline.store import hash_of
    from .pipeline.trained import Trained
    from .pipeline.workers import use_certificates
    from .report.browsing import browser_files
    from .report.building import book, notebooks
    from .study import Study

    _check_options(options)
    store = store_folder(options.artifacts)
    options.profile = options.profile or (Trained.found(options.folds, store).profile if options.folds else "demo")
    only = notebooks.selected(options.only)
    settings, parameters = split_parameters(options.parameters, only)
    if options.network:
        settings["network"] = options.network
    if options.folds or options.weights:
        settings["trained_folds"] = options.folds or str(Path(options.weights).resolve())
    if options.scheduler:
        use_certificates(_certificates(options))
    study = Study.open(options.profile, options.data, options.cohort, options.artifacts, settings, options.scheduler)
    common = {"profile": options.profile, "data": options.data, "cohort": options.cohort,
              "artifacts": options.artifacts, "settings": settings}
    parameters, names = fitting(parameters, study), {path.name for path in only}
    if not study.run.trained:
        _ = study.run.network  # a file and a function of one's own are looked for before nights are read
    book.check_pages(study.name, common, options.output, names, _whole(options))
    study.compute()
    stamps = provenance.stamps(study.run)
    edition = book.Edition(study.name, study.notice, notebooks.lacking(study), stamps, provenance.provenance(study.run),
                           provenance.own_nights(study.run))

    def write_browser(folder):
        browser_files.write(study.nights, study.details(), study.predictions(), study.config["detail"], study.notice,
                            hash_of(stamps), folder)

    book.make(edition, write_browser, common, parameters, options.output, names, _whole(options))


def _check_options(options):
    """Refuse what could be refused later only, or would be passed over."""
    from .pipeline.config import WEIGHTS, is_weights

    if options.folds and options.weights:
        raise InputError("--folds and --weights: both say what stages these nights; give one of them")
    if options.weights and not is_weights(options.weights):
        raise InputError(f"--weights {options.weights}: give a file that ends in {', '.join(WEIGHTS)}")
    if Path(options.output).exists() and not Path(options.output).is_dir():
        raise InputError(f"--output {options.output}: is no folder")
    if not options.scheduler and (idle := [name for name, path in _certificates(options).items() if path]):
        raise InputError(f"{idle[0]}: means nothing without --scheduler")


def _certificates(options):
    """Option for TLS → file, or None."""
    from .pipeline.workers import TLS

    return {option: getattr(options, option.strip("-").replace("-", "_")) for option in TLS}


def _prune(options):
    from .pipeline.steps import STEPS
    from .pipeline.store import Store, prune

    prune(Store(options.artifacts), STEPS, options.forget, options.yes)


def _whole(options):
    """The command that does the same with every notebook."""
    words = [*PROGRAM.split(), "run", "--profile", options.profile]
    for name in ("data", "cohort", "folds", "network", "weights", "artifacts", "output"):
        value = getattr(options, name)
        words += [f"--{name}", value] if value and value != HOME / "_build" else []
    words += [word for pair in options.parameters for word in ("-p", *pair)]
    return shlex.join(map(str, words))


def _publish(options):
    from .report.building.publish import publish

    publish(Path(options.output) / "html", HOME, options.remote, options.own_nights)


if __name__ == "__main__":
    sys.exit(main())
