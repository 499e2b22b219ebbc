"""`cnnstudio evaluate`: how well saved weights read a data set.

The JSON (`--json FILE`) holds:

    schema        1
    network       its key;  title, weights (file, or "shipped")
    dataset       its key
    pictures      how many were read
    accuracy      share right, 0 to 1
    loss          mean cross-entropy in nats
    class_names   in the order of the network's outputs
    per_class     by class name: pictures, accuracy (null where there are no pictures)
    confusion     rows are the truth, columns the guess
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from cnnstudio.cli import _terminal, _weights
from cnnstudio.cli._parser import add_amount, add_data_root, add_json
from cnnstudio.core.command_line import Parser, WrongUse
from cnnstudio.core.dataset import Loaded, Pictures, Request
from cnnstudio.core.errors import StudioError
from cnnstudio.core.percent import percent

SENTENCE: Final = "Measure saved weights on the test pictures of a data set, or on all pictures of a folder."
SCHEMA: Final = 1


def add_arguments(parser: Parser) -> None:
    """The options."""
    parser.add_argument("--network", metavar="KEY", help="as in lenet5; default: what the weights file says")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="default: the weights that come with the program")
    parser.add_argument("--dataset", default="digits", metavar="KEY", help="as in mnist or folder:PATH; default digits")
    add_data_root(parser)
    add_amount(parser, "test pictures", "how many test pictures; default: the set's own")
    parser.add_argument("--no-download", action="store_true", help="use only data that are on this computer")
    add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    """Measures, and writes the table and the JSON.

    Raises:
        StudioError: The data or the weights cannot be read, or do not belong together.
    """
    from cnnstudio import networks
    from cnnstudio.datasets import find

    if arguments.network is None and arguments.weights is None:
        raise WrongUse("No network is named.", remedy="Give --network KEY or --weights FILE.")
    try:
        find(arguments.dataset)
        if arguments.network is not None:
            networks.find(arguments.network)
    except StudioError as error:
        raise WrongUse(error.report.what, error.report.cause, error.report.remedy) from None
    trained = _trained_by_card(arguments)
    loaded = _terminal.watched(_load(arguments))
    for note in loaded.notes:
        _terminal.say(note)
    pictures = loaded.test
    trained = trained or _trained_without_card(arguments, pictures, loaded)
    _refuse_other_shape(trained, pictures, arguments.dataset)
    pictures = _relabelled(pictures, loaded.class_names, trained)
    result = {"schema": SCHEMA, **measured(trained, pictures), "dataset": arguments.dataset}
    stream = _terminal.report_stream(arguments.json)
    stream.write(_report(result))
    stream.flush()
    _terminal.write_json(arguments.json, result)


def _load(arguments: argparse.Namespace) -> Any:
    from cnnstudio.datasets import find, load

    found = find(arguments.dataset)
    request = Request(
        train=1 if found.info.generated else None,  # only the test pictures are read
        test=arguments.examples,
        seed=arguments.seed,
        knobs=found.knobs,
        root=arguments.data_root,
        path=found.path,
        download=not arguments.no_download,
        measure=True,
    )
    return load(found.info, request)


def _trained_by_card(arguments: argparse.Namespace) -> _weights.Trained | None:
    """The network, before any data are loaded; None where only the data tell its shape."""
    from cnnstudio.engine.weights import NoCard

    if arguments.weights is not None:
        try:
            return _weights.from_file(arguments.weights, arguments.network)
        except NoCard:
            if arguments.network is None:
                raise
            return None
    # A folder of digits is read by the weights for digits.
    dataset = "digits" if arguments.dataset.startswith("folder:") else arguments.dataset
    found = _weights.shipped(arguments.network, dataset)
    if found is None:
        raise StudioError(
            f"No weights of {arguments.network} for {arguments.dataset} come with the program.",
            remedy="Give a file with --weights.",
        )
    return found


def _trained_without_card(arguments: argparse.Namespace, pictures: Pictures, loaded: Loaded) -> _weights.Trained:
    channels, height, width = pictures.images.shape[1:]
    shape = (int(channels), int(height), int(width))
    trained = _weights.from_file(arguments.weights, arguments.network, shape, len(loaded.class_names))
    return replace(trained, class_names=loaded.class_names)


def _refuse_other_shape(trained: _weights.Trained, pictures: Pictures, dataset: str) -> None:
    wanted, given = trained.spec.input_shape, pictures.images.shape[1:]
    if wanted != given:
        said = [" x ".join(str(size) for size in shape) for shape in (wanted, given)]
        raise StudioError(f"{trained.spec.title} reads pictures of {said[0]}, and those of {dataset} are {said[1]}.")


def _relabelled(pictures: Pictures, class_names: tuple[str, ...], trained: _weights.Trained) -> Pictures:
    """The pictures with the network's own class numbers, matched by the classes' names."""
    if class_names == trained.class_names:
        return pictures
    if not trained.class_names:
        if len(class_names) == trained.spec.classes:
            return pictures
        raise StudioError(
            f"The network tells {trained.spec.classes} classes apart, and the data set has {len(class_names)}."
        )
    unknown = [name for name in class_names if name not in trained.class_names]
    if unknown:
        raise StudioError(
            f"The network does not know the class {unknown[0]!r}.",
            "It knows " + ", ".join(trained.class_names) + ".",
            "Name the folders of the classes so, or choose weights for this data set.",
        )
    places = np.array([trained.class_names.index(name) for name in class_names], np.int64)
    return Pictures(pictures.images, places[pictures.labels])


def measured(trained: _weights.Trained, pictures: Pictures) -> dict[str, Any]:
    """Accuracy, per class, and the confusion matrix; slices advance a progress bar."""
    import torch

    from cnnstudio.engine.evaluate import confusion, measure, slice_pictures
    from cnnstudio.engine.pixels import Part

    part = Part.of(pictures, torch.device("cpu"))
    slices = math.ceil(len(pictures) / slice_pictures(trained.spec.macs))
    work = measure(trained.module, part, trained.spec.macs, channels_last=False)
    with _terminal.Bar() as bar:
        done = 0
        while True:
            try:
                next(work)
            except StopIteration as end:
                found = end.value
                break
            done += 1
            bar.fraction("reading", done / slices)
    names = trained.class_names or tuple(str(number) for number in range(trained.spec.classes))
    matrix = confusion(pictures.labels, found.guesses, trained.spec.classes)
    counts = matrix.sum(axis=1)
    return {
        "network": trained.spec.id,
        "title": trained.spec.title,
        "weights": trained.weights,
        "pictures": len(pictures),
        "accuracy": found.score.accuracy,
        "loss": found.score.loss,
        "class_names": list(names),
        "per_class": {
            name: {
                "pictures": int(counts[place]),
                "accuracy": float(matrix[place, place] / counts[place]) if counts[place] else None,
            }
            for place, name in enumerate(names)
        },
        "confusion": matrix.tolist(),
    }


def _report(result: dict[str, Any]) -> str:
    rows = [
        (name, str(each["pictures"]), "-" if each["accuracy"] is None else percent(each["accuracy"]))
        for name, each in result["per_class"].items()
    ]
    rows.append(("all", str(result["pictures"]), percent(result["accuracy"])))
    title = f"{result['title']} on {result['dataset']}\n"
    return title + _terminal.table(("class", "pictures", "accuracy"), rows)
