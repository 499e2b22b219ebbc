"""`cnnstudio networks`: the networks there are; one of them layer by layer, or as PyTorch source.

The JSON (`--json FILE`) holds schema (1) and either `networks` (each: id, title, year, citation, sentence, role,
parameters, macs, summary) or, for one network, `spec` (as in saved files), `rows` (each: name, title, shape,
parameters, macs, sees: rows and columns of pixels) and `source`.
"""

from __future__ import annotations

import argparse
from typing import Any, Final

from cnnstudio.cli import _terminal
from cnnstudio.cli._parser import add_json
from cnnstudio.core.command_line import Parser, WrongUse
from cnnstudio.core.errors import StudioError
from cnnstudio.core.network import NetworkSpec

SENTENCE: Final = "List the networks, or show one layer by layer or as PyTorch source."
SCHEMA: Final = 1


def add_arguments(parser: Parser) -> None:
    """The options."""
    parser.add_argument("network", nargs="?", metavar="KEY", help="as in lenet5 or mlp:hidden=200; default: all")
    parser.add_argument("--dataset", default="digits", metavar="KEY", help="whose pictures it reads; default digits")
    parser.add_argument("--source", action="store_true", help="print the PyTorch that a person would write")
    add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    """Lists or shows.

    Raises:
        WrongUse: The network or the data set does not exist.
    """
    from cnnstudio import networks
    from cnnstudio.datasets import find

    if arguments.source and arguments.network is None:
        raise WrongUse("It is not said which network's source.", remedy="Write cnnstudio networks KEY --source.")
    try:
        info = find(arguments.dataset).info
        names = [arguments.network] if arguments.network else list(networks.all_networks())
        specs = [networks.spec_for(name, info.shape, max(2, len(info.class_names))) for name in names]
    except StudioError as error:
        raise WrongUse(error.report.what, error.report.cause, error.report.remedy) from None
    if arguments.network is None:
        _list(arguments, specs)
    else:
        _show(arguments, specs[0])


def _list(arguments: argparse.Namespace, specs: list[NetworkSpec]) -> None:
    from cnnstudio import networks

    rows = [(spec.id, f"{spec.parameters:,}", f"{spec.macs:,}", spec.title) for spec in specs]
    _terminal.report_stream(arguments.json).write(
        _terminal.table(("network", "weights", "multiply-adds", "title"), rows)
    )
    cards: list[dict[str, Any]] = []
    for spec in specs:
        info, _ = networks.find(spec.id)
        cards.append(
            {
                "id": spec.id,
                "title": spec.title,
                "year": info.year,
                "citation": info.citation,
                "sentence": info.sentence,
                "role": info.role,
                "parameters": spec.parameters,
                "macs": spec.macs,
                "summary": spec.summary,
            }
        )
    _terminal.write_json(arguments.json, {"schema": SCHEMA, "networks": cards})


def _show(arguments: argparse.Namespace, spec: NetworkSpec) -> None:
    from cnnstudio.core.source import source

    stream = _terminal.report_stream(arguments.json)
    if arguments.source:
        stream.write(source(spec))
    else:
        rows = [
            (row.name, row.title, " x ".join(str(size) for size in row.shape), f"{row.parameters:,}", f"{row.macs:,}")
            for row in spec.rows()
        ]
        rows.append(("all", "", "", f"{spec.parameters:,}", f"{spec.macs:,}"))
        stream.write(f"{spec.title}\n" + _terminal.table(("", "layer", "output", "weights", "multiply-adds"), rows))
    rows_json = [
        {
            "name": row.name,
            "title": row.title,
            "shape": list(row.shape),
            "parameters": row.parameters,
            "macs": row.macs,
            "sees": list(row.sees),
        }
        for row in spec.rows()
    ]
    data = {"schema": SCHEMA, "spec": spec.to_json(), "rows": rows_json, "source": source(spec)}
    _terminal.write_json(arguments.json, data)
