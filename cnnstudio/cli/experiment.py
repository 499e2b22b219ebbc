"""`cnnstudio experiment`: many runs over seeds and settings, and what they say together.

With `--out DIR` every finished run is on the disk at once (`runs/<key>.json`), and the same command goes on where it
was stopped. At the end DIR holds `results.json` (see `runtime.sweep_files`), `runs.csv` and each figure as PNG and SVG.
"""

from __future__ import annotations

import argparse
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from cnnstudio.cli import _terminal
from cnnstudio.cli._parser import add_data_root, knob_type
from cnnstudio.core.command_line import Parser, WrongUse
from cnnstudio.core.errors import StudioError, report_from
from cnnstudio.core.experiment import ExperimentInfo, Findings, Result, Values
from cnnstudio.core.free_memory import refuse_if_too_little
from cnnstudio.core.knobs import Knob, Value
from cnnstudio.core.paths import name_stored_data
from cnnstudio.core.sweep_folder import SweepFolder
from cnnstudio.runtime import sweep_files as files
from cnnstudio.runtime.cluster import Tls, cluster
from cnnstudio.runtime.sweep import (
    RunFailed,
    RunRepeated,
    RunsTaken,
    RunUnderWay,
    Sweep,
    SweepEvent,
    differences,
    measure_alone,
    processes,
    versions_here,
)

SENTENCE: Final = "Run an experiment over several seeds, and say what it shows; without a name: list them."
SCHEMA: Final = 1

_WORKERS: Final = Knob("workers", "The number of workers", 1, "", 1, 1_024)
_TLS: Final = ("tls_ca", "tls_cert", "tls_key")


def add_arguments(parser: Parser) -> None:
    """The options."""
    parser.add_argument("experiment", nargs="?", metavar="NAME", help="which; without it: list them")
    parser.add_argument("--about", action="store_true", help="say what it does and what can be set, and run nothing")
    parser.add_argument("--seeds", metavar="N", help="how often everything is repeated; as --set seeds=N")
    parser.add_argument("--set", nargs="+", action="extend", default=[], metavar="KNOB=VALUE", help="see --about")
    parser.add_argument("--from", dest="source", type=Path, metavar="FILE", help="repeat the one of a results.json")
    parser.add_argument("--out", type=Path, metavar="DIR", help="keep every run there, and go on with what is there")
    parser.add_argument(
        "--workers", type=knob_type(_WORKERS), metavar="N", help="processes of this computer; default: one per core"
    )
    add_data_root(parser)
    parser.add_argument("--dask", metavar="ADDRESS", help="scheduler of a Dask cluster, as in tcp://10.0.0.7:8786")
    for name, what in zip(_TLS, ("certificate of the authority", "own certificate", "own key"), strict=True):
        parser.add_argument(f"--{name.replace('_', '-')}", type=Path, metavar="PEM", help=f"{what}, for tls://")
    parser.add_argument(
        "--json", nargs="?", const=_terminal.STDOUT, metavar="FILE", help="write the results as JSON; default: to -"
    )


def run(arguments: argparse.Namespace) -> None:
    """Lists, describes or runs.

    Raises:
        WrongUse: There is no such experiment, or a setting cannot be; nothing was done.
        StudioError: Some runs could not be done, or results cannot be kept.
        KeyboardInterrupt: Ctrl-C; what there is was written.
    """
    from cnnstudio import experiments

    known = experiments.all_experiments()
    if arguments.json in known and arguments.experiment is None:
        raise WrongUse("It is not said which experiment.", remedy="Write the name first, as in experiment NAME --json.")
    if arguments.experiment is None and arguments.source is None:
        _check_nothing_to_run(arguments)
        _list(arguments, known)
        return
    info, settings, before = _wanted(arguments, known)
    if arguments.about:
        _about(arguments, info)
        return
    name_stored_data(arguments.data_root)
    _run(arguments, _sweep(arguments, info, settings), before)


def _check_nothing_to_run(arguments: argparse.Namespace) -> None:
    """Refuses options of a run where only the list was asked for."""
    typed = {
        "--about": arguments.about,
        "--seeds": arguments.seeds is not None,
        "--set": bool(arguments.set),
        "--out": arguments.out is not None,
        "--workers": arguments.workers is not None,
        "--dask": arguments.dask is not None,
    }
    options = [name for name, there in typed.items() if there]
    if options:
        remedy = f"Write the name first, as in experiment NAME {options[0]}."
        raise WrongUse("It is not said which experiment.", remedy=remedy)


def _wanted(
    arguments: argparse.Namespace, known: dict[str, ExperimentInfo]
) -> tuple[ExperimentInfo, dict[str, Value], tuple[Result, ...]]:
    """Which experiment, with which settings, and the results that it is compared with."""
    name: str = arguments.experiment
    before: tuple[Result, ...] = ()
    typed: dict[str, Value] = {}
    if arguments.source is not None:
        if arguments.set or arguments.seeds is not None:
            raise WrongUse("--from takes the settings of its file.", remedy="Leave out --set and --seeds.")
        name, typed, before = files.read(arguments.source)
        if arguments.experiment not in (None, name):
            raise WrongUse(f"{arguments.source} is of the experiment {name}, not of {arguments.experiment}.")
    if name not in known:
        raise WrongUse(f"There is no experiment {name!r}.", remedy="Choose from " + ", ".join(known) + ".")
    info = known[name]
    if arguments.source is None:
        typed = _typed(arguments, info)
    try:
        return info, info.settings(typed), before
    except StudioError as error:
        raise _wrong(error) from None


def _typed(arguments: argparse.Namespace, info: ExperimentInfo) -> dict[str, Value]:
    by_name = {knob.name: knob for knob in info.knobs}
    pieces = list(arguments.set) + ([f"seeds={arguments.seeds}"] if arguments.seeds is not None else [])
    typed: dict[str, Value] = {}
    for piece in pieces:
        name, equals, text = piece.partition("=")
        if name not in by_name:
            remedy = f"Write --set KNOB=VALUE; it has {', '.join(by_name)}."
            raise WrongUse(f"{info.short} has no setting {name!r}.", remedy=remedy)
        if not equals:
            raise WrongUse(f"The setting {name} has no value.", remedy=f"Write --set {name}=VALUE, without blanks.")
        typed[name] = knob_type(by_name[name])(text)
    return typed


def _wrong(error: StudioError) -> WrongUse:
    return WrongUse(error.report.what, error.report.cause, error.report.remedy)


def _sweep(arguments: argparse.Namespace, info: ExperimentInfo, settings: dict[str, Value]) -> Sweep:
    factory = _factory(arguments)
    folder = None
    if arguments.out is not None:
        _check_folder(arguments.out)
        folder = SweepFolder(arguments.out)
    try:
        sweep = Sweep(info, settings, factory, folder, arguments.workers, measure_alone)
    except StudioError as error:
        raise _wrong(error) from None
    if arguments.out is not None:
        files.prepare_folder(sweep, arguments.out)
    return sweep


def _factory(arguments: argparse.Namespace) -> Callable[[], Executor]:
    given = [getattr(arguments, name) for name in _TLS]
    if arguments.dask is None:
        if any(path is not None for path in given):
            raise WrongUse("Certificates are for a Dask cluster only.", remedy="Give --dask tls://HOST:PORT as well.")
        refuse_if_too_little()
        try:
            return processes(arguments.workers)
        except StudioError as error:
            raise _wrong(error) from None
    if arguments.workers is not None:
        raise WrongUse("The cluster decides how many workers there are.", remedy="Leave out --workers or --dask.")
    if arguments.data_root is not None:
        remedy = "Leave out --data-root, and set CNNSTUDIO_DATA=DIR where each worker is started."
        raise WrongUse("The cluster's workers read stored data sets where they are.", remedy=remedy)
    try:
        return cluster(arguments.dask, Tls(*given) if any(path is not None for path in given) else None)
    except StudioError as error:
        raise _wrong(error) from None


def _check_folder(path: Path) -> None:
    """Refuses a folder that nothing can be written into, before the work begins."""
    if path.exists() and not path.is_dir():
        raise WrongUse(f"The results cannot go into {path}, which is a file.", remedy="Name a folder.")
    there = next(folder for folder in (path, *path.absolute().parents) if folder.is_dir())
    try:
        tempfile.TemporaryFile(dir=there).close()
    except OSError as error:
        raise WrongUse(f"{path} cannot be written.", report_from(error, "").cause, "Choose another place.") from None


def _run(arguments: argparse.Namespace, sweep: Sweep, before: tuple[Result, ...]) -> None:
    began = time.perf_counter()
    ended: BaseException | None = None
    try:
        with _asked_to_end():
            _watch(sweep)
    except (KeyboardInterrupt, BrokenPipeError) as error:
        ended = error
    except StudioError as error:
        if not sweep.results:
            raise
        ended = error
    over = len(sweep.results) + len(sweep.failures) == len(sweep.orders)
    if over and isinstance(ended, KeyboardInterrupt):
        ended = None  # it came too late to stop anything
    failed = sweep.failures or isinstance(ended, StudioError)
    outcome = "failed" if failed else "finished" if ended is None else "stopped"
    try:
        _report(arguments, sweep, outcome, time.perf_counter() - began)
    except StudioError as error:
        ended = ended or error
    if not over:
        _terminal.say(_how_to_go_on(arguments, sweep))
    if ended is not None:
        raise ended
    if before:
        _terminal.say(_compared(sweep, before, arguments.source))
    if sweep.failures:
        raise StudioError(f"{len(sweep.failures)} of {len(sweep.orders)} runs could not be done; see above.")


@contextmanager
def _asked_to_end() -> Iterator[None]:
    """Lets SIGTERM, as a batch system or `timeout` sends it, stop the runs as Ctrl-C does."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt("Stopped by SIGTERM.")

    before = signal.getsignal(signal.SIGTERM)
    if before != signal.SIG_DFL or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _watch(sweep: Sweep) -> None:
    fractions: dict[str, float] = {}
    said: set[str] = set()
    with _terminal.Bar() as bar, closing(sweep.events()) as events:
        bar.fraction("measuring", 0.0)
        for event in events:
            _say(event, said)
            if isinstance(event, RunUnderWay) and event.progress.fraction is not None:
                fractions[event.order.key] = event.progress.fraction
            done = len(sweep.results) + len(sweep.failures)
            open_runs = {order.key for order in sweep.orders} - {result.order.key for result in sweep.results}
            under_way = sum(fraction for key, fraction in fractions.items() if key in open_runs - set(sweep.failures))
            bar.fraction("measuring", min(1.0, (done + under_way) / max(1, len(sweep.orders))))


def _say(event: SweepEvent, said: set[str]) -> None:
    """Tells what happened; a sentence that was `said` of another run already is not repeated."""
    if isinstance(event, RunsTaken):
        for report in event.reports:
            _terminal.say(report.sentence)
        _terminal.say(f"{len(event.results)} runs were there already.")
    elif isinstance(event, RunRepeated):
        again = f"The run is done again (attempt {event.attempt})."
        _terminal.say(f"The worker of {event.order.title} died. {event.cause} {again}")
    elif isinstance(event, RunFailed):
        sentence = event.report.sentence
        _terminal.say(f"{event.order.title}: {'the same.' if sentence in said else sentence}")
        said.add(sentence)


def _report(arguments: argparse.Namespace, sweep: Sweep, outcome: str, seconds: float) -> None:
    """Writes the files of the folder and the JSON, then sentences and tables, whose reader may have gone.

    Raises:
        StudioError: A file could not be written; all others were.
    """
    data = files.to_json(sweep, outcome, seconds)
    problems: list[StudioError] = []
    for write in (_write_folder, _write_file):
        try:
            write(arguments, sweep, data)
        except StudioError as error:
            problems.append(error)
    stream = _terminal.report_stream(arguments.json)
    stream.write(_in_words(sweep.info, sweep.findings()))
    stream.flush()
    if arguments.json == _terminal.STDOUT:
        _terminal.write_json(arguments.json, data)
    for problem in problems:
        raise problem
    if arguments.out is not None:
        _terminal.say(f"Everything is in {arguments.out}.")


def _write_folder(arguments: argparse.Namespace, sweep: Sweep, data: Mapping[str, Any]) -> None:
    if arguments.out is not None and sweep.has_folder:  # else it may hold more than is known here
        files.write_files(sweep, arguments.out, data)


def _write_file(arguments: argparse.Namespace, sweep: Sweep, data: Mapping[str, Any]) -> None:
    if arguments.json != _terminal.STDOUT:
        _terminal.write_json(arguments.json, data)


def _in_words(info: ExperimentInfo, findings: Findings) -> str:
    parts = [info.title, f"{findings.done} of {findings.planned} runs.", *findings.sentences]
    text = "\n".join(filter(None, [*parts, info.constructed])) + "\n"
    for table in (each for each in findings.tables if each.rows):
        text += f"\n{table.title}\n" + _terminal.table(table.headings, [list(map(_cell, row)) for row in table.rows])
    return text


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _how_to_go_on(arguments: argparse.Namespace, sweep: Sweep) -> str:
    done = f"{len(sweep.results)} of {len(sweep.orders)} runs are done"
    if arguments.out is None:
        return f"{done}; with --out DIR they would have been kept."
    return f"{done}; those in {arguments.out} stay, and the same command goes on from there."


def _compared(sweep: Sweep, before: tuple[Result, ...], source: Path) -> str:
    """Whether repeated runs gave the same numbers, in words."""
    old = {result.order.key: result.values for result in before}
    both = [result for result in sweep.results if result.order.key in old]
    other = [result for result in both if _differs(result.values, old[result.order.key])]
    if not both:
        return f"{source} holds none of these runs."
    if not other:
        return f"All {len(both)} runs gave exactly the numbers of {source}."
    there = next(result.versions for result in before)
    here = next(result.versions for result in sweep.results)
    why = differences(there, here)
    because = f" The versions differ: {why}." if why else ""
    return f"{len(other)} of {len(both)} runs gave other numbers than {source}.{because}"


def _differs(values: Values, before: Values) -> bool:
    """Whether a number is another one; what was not measured before does not count."""
    return any(name not in values or values[name] != value for name, value in before.items())


def _list(arguments: argparse.Namespace, known: dict[str, ExperimentInfo]) -> None:
    rows = [(info.id, f"{info.title}  {info.sentence}") for info in known.values()]
    width = max((len(name) for name, _ in rows), default=0)
    stream = _terminal.report_stream(arguments.json)
    stream.write("".join(f"{name:<{width}}  {text}\n" for name, text in rows))
    cards = [_card(info) for info in known.values()]
    _terminal.write_json(arguments.json, {"schema": SCHEMA, "experiments": cards, "versions": versions_here()})


def _about(arguments: argparse.Namespace, info: ExperimentInfo) -> None:
    lines = [info.title, info.sentence, info.constructed, info.citation, info.guess.question]
    lines += [f"  {number}. {choice}" for number, choice in enumerate(info.guess.choices, 1)]
    text = "\n".join(filter(None, lines)) + "\n\n"
    for knob in info.knobs:
        unit = f" ({knob.unit})" if knob.unit else ""
        text += f"--set {knob.name}={knob.default}\n    {knob.sentence} {_capital(knob.expected)}{unit}.\n"
    _terminal.report_stream(arguments.json).write(text)
    _terminal.write_json(arguments.json, {"schema": SCHEMA, "experiments": [_card(info)]})


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _card(info: ExperimentInfo) -> dict[str, Any]:
    return {
        "id": info.id,
        "title": info.title,
        "sentence": info.sentence,
        "constructed": info.constructed,
        "citation": info.citation,
        "question": info.guess.question,
        "choices": list(info.guess.choices),
        "settings": {knob.name: knob.default for knob in info.knobs},
    }
