"""The command `cnnstudio bench NAME [--only PART] [--data-root DIR] [--json OUT]`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from cnnstudio.bench._case import BenchInfo, Measure, Options, Report
from cnnstudio.core.command_line import WRONG_USE, Parser, WrongUse
from cnnstudio.core.errors import StudioError
from cnnstudio.core.registry import scan
from cnnstudio.core.storage import write_atomic


def main(argv: Sequence[str]) -> int:
    """Measures the named cases and prints each figure beside its target.

    Args:
        argv: What follows "bench" on the command line.

    Returns:
        The exit status: 0 when every target was met, 1 when one was missed or could not be measured.
    """
    cases = scan("cnnstudio.bench", "BENCH", BenchInfo)
    parser = Parser(prog="cnnstudio bench", description="Measure speed and memory on an otherwise idle machine.")
    parser.add_argument(
        "case", choices=[*cases, "all"], help="; ".join(f"{c.id}: {c.sentence}" for c in cases.values())
    )
    parser.add_argument("--data-root", type=Path, help="folder that holds MNIST in torchvision's layout")
    parser.add_argument("--json", metavar="FILE", help="write the figures there; - is standard output")
    named = (f"{case.id}: {', '.join(case.parts)}" for case in cases.values() if len(case.parts) > 1)
    parser.add_argument("--only", nargs="+", metavar="PART", help="; ".join(["measure only these parts", *named]))
    parser.add_argument("--runs", type=int, default=3, help="how often each side is measured")
    parser.add_argument("--quick", action="store_true", help="few samples, to try it out")
    try:
        arguments = parser.parse_args(list(argv))
        chosen = list(cases.values()) if arguments.case == "all" else [cases[arguments.case]]
        only = _parts(chosen, arguments.only)
    except WrongUse as error:
        sys.stderr.write(f"cnnstudio bench: {error.report.sentence}\n")
        return WRONG_USE
    options = Options(arguments.data_root, max(1, arguments.runs), arguments.quick)
    reports, complete = [], True
    for case in chosen:
        report = Report(case.id)
        reports.append(report)
        sys.stderr.write(f"{case.id}: {case.sentence}\n")
        for name, measure in case.parts.items():
            complete &= name not in only or _measured(report, measure, options)
    if arguments.json:
        _write(arguments.json, reports)
    met = all(finding.met is not False for report in reports for finding in report.findings)
    return 0 if met and complete else 1


def _parts(cases: Sequence[BenchInfo], wanted: Sequence[str] | None) -> set[str]:
    """The names of the parts that are to be measured.

    Raises:
        WrongUse: None of the cases has a part of that name.
    """
    known = {name: None for case in cases for name in case.parts}
    for name in wanted or ():
        if name not in known:
            raise WrongUse(f"There is no part {name!r}.", remedy="Choose from " + ", ".join(known) + ".")
    return set(wanted or known)


def _measured(report: Report, measure: Measure, options: Options) -> bool:
    """Prints and keeps every figure of a part; False when it could not be measured to its end."""
    try:
        for finding in measure(options):
            report.findings.append(finding)
            sys.stderr.write(f"{finding}\n")
            sys.stderr.flush()
    except StudioError as error:
        sys.stderr.write(f"{error.report.sentence}\n")
        return False
    return True


def _write(where: str, reports: Sequence[Report]) -> None:
    text = json.dumps([report.to_json() for report in reports], indent=1) + "\n"
    if where == "-":
        sys.stdout.write(text)
    else:
        write_atomic(Path(where), text.encode())
