"""The results of an experiment as files: JSON, CSV and figures.

The JSON holds:

    schema        1
    experiment    its id
    title         the question
    settings      every knob
    outcome       "finished", "stopped" or "failed" (some runs could not be done)
    planned       runs in all
    results       one per finished run: experiment, params, values, seconds, worker, versions
    failures      one per run that could not be done: params, report (a sentence)
    findings      sentences, charts, tables, guess (which of the offered answers proved right), done, planned
    versions      of the program, Python, torch and numpy that planned the runs
    seconds       wall time of this sitting
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import cnnstudio
from cnnstudio.core.chart_figure import chart_figure
from cnnstudio.core.errors import ErrorReport, StudioError, report_from
from cnnstudio.core.experiment import SCHEMA, Chart, ExperimentInfo, Findings, Order, Result, Settings
from cnnstudio.core.knobs import Value
from cnnstudio.core.storage import to_json_bytes, write_atomic
from cnnstudio.core.sweep_folder import EXPERIMENT_FILE, RUNS, SweepFolder, plain, result_from_json, result_to_json
from cnnstudio.runtime._work import refuse_other_libraries
from cnnstudio.runtime.sweep import Sweep, versions_here

RESULTS_FILE: Final = "results.json"
CSV_FILE: Final = "runs.csv"
FIGURES: Final = ("png", "svg")


def to_json(sweep: Sweep, outcome: str, seconds: float) -> dict[str, Any]:
    """What this module's docstring describes, of a sweep."""
    by_key = {order.key: order for order in sweep.orders}
    failures = [(by_key[key], report) for key, report in sweep.failures.items()]
    return contents(
        sweep.info, sweep.settings, len(sweep.orders), sweep.results, failures, sweep.findings(), outcome, seconds
    )


def contents(
    info: ExperimentInfo,
    settings: Settings,
    planned: int,
    results: Sequence[Result],
    failures: Sequence[tuple[Order, ErrorReport]],
    findings: Findings | None,
    outcome: str,
    seconds: float,
) -> dict[str, Any]:
    """What this module's docstring describes, from its parts."""
    return {
        "schema": SCHEMA,
        "experiment": info.id,
        "title": info.title,
        "settings": dict(settings),
        "outcome": outcome,
        "planned": planned,
        "results": [result_to_json(result) for result in results],
        "failures": [{"params": dict(order.params), "report": report.sentence} for order, report in failures],
        "findings": plain(asdict(findings if findings is not None else info.findings(settings, results))),
        "versions": versions_here(),
        "seconds": seconds,
    }


def prepare_folder(sweep: Sweep, folder: Path) -> None:
    """Sees to it, before the work begins, that `write_files` will replace nothing but what it can write again.

    A result that is in the JSON alone, because the disk was full when its run was to be kept, is put among the runs.

    Raises:
        StudioError: A file would be replaced that holds something else, or cannot be written.
    """
    if not (folder / EXPERIMENT_FILE).exists() and not (folder / RUNS).exists():
        for name in (RESULTS_FILE, CSV_FILE, *_figures(sweep.findings())):
            if (folder / name).exists():
                raise _would_be_lost(folder / name, "This folder is not one that an experiment was measured into.")
    elif (folder / RESULTS_FILE).exists():
        _put_back(sweep, folder)


def _put_back(sweep: Sweep, folder: Path) -> None:
    file, keys = folder / RESULTS_FILE, {order.key for order in sweep.orders}
    try:
        results = read(file)[2]
    except StudioError as error:
        raise _would_be_lost(file, error.report.what) from error
    alone = [result for result in results if not any((folder / RUNS).glob(f"{result.order.key}.json*"))]
    lost = [result for result in alone if result.order.key not in keys or not _is_of_this_program(result, folder)]
    if lost:
        raise _would_be_lost(file, f"{len(lost)} of its results are not among the runs in {folder / RUNS}.")
    for result in alone:
        SweepFolder(folder).keep(result)


def _is_of_this_program(result: Result, folder: Path) -> bool:
    try:
        refuse_other_libraries(folder, [result])
    except StudioError:
        return False
    return result.versions.get("cnnstudio", cnnstudio.__version__) == cnnstudio.__version__


def _would_be_lost(file: Path, why: str) -> StudioError:
    return StudioError(f"{file} would be replaced.", why, "Choose another folder, or put that file elsewhere.")


def _figures(findings: Findings) -> Iterator[str]:
    for chart in findings.charts:
        for kind in FIGURES:
            yield _figure(chart, kind)


def _figure(chart: Chart, kind: str) -> str:
    return f"{re.sub(r'[^A-Za-z0-9_-]', '-', chart.id)}.{kind}"


def write_files(sweep: Sweep, folder: Path, data: Mapping[str, Any]) -> None:
    """Writes the JSON, the CSV, and each chart twice, into a folder.

    Raises:
        StudioError: A file cannot be written.
    """
    write_atomic(folder / RESULTS_FILE, to_json_bytes(data))
    write_atomic(folder / CSV_FILE, to_csv(sweep.results))
    findings = sweep.findings()
    for chart in findings.charts:
        note = f"{findings.done} of {findings.planned} runs" if findings.done < findings.planned else ""
        for kind in FIGURES:
            write_atomic(folder / _figure(chart, kind), chart_figure(chart, kind, note))


def to_csv(results: Sequence[Result]) -> bytes:
    """One row per run: its parameters, what it measured (lists as JSON), its seconds and its worker."""
    params = list(dict.fromkeys(name for result in results for name in result.order.params))
    values = list(dict.fromkeys(name for result in results for name in result.values))
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    measured = [f"measured {name}" if name in params else name for name in values]
    rows.writerow(["run", *params, *measured, "seconds", "worker"])
    for result in results:
        rows.writerow(
            [
                result.order.key,
                *(result.order.params.get(name) for name in params),
                *(_cell(result.values.get(name)) for name in values),
                f"{result.seconds:.3f}",
                result.worker,
            ]
        )
    return out.getvalue().encode()


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, (list, dict)) else value


def read(path: Path) -> tuple[str, dict[str, Value], tuple[Result, ...]]:
    """Reads the experiment's id, the settings and the results of such a JSON.

    Raises:
        StudioError: It is not one, or of another schema; the file is left as it is.
    """
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        report = report_from(error, f"Reading {path}")
        raise StudioError(report.what, report.cause, report.remedy) from error
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict) or not isinstance(data.get("settings"), dict) or "experiment" not in data:
        raise StudioError(f"{path} does not hold the results of an experiment.")
    if data.get("schema") != SCHEMA:
        raise StudioError(
            f"{path.name} was written by another version of the program (schema {data.get('schema')}, this one knows "
            f"{SCHEMA}).",
            remedy="Use the version that wrote it; the file is left as it is.",
        )
    results = data.get("results")
    found = [result_from_json(each) for each in results if isinstance(each, dict)] if isinstance(results, list) else []
    return str(data["experiment"]), data["settings"], tuple(found)
