"""`cnnstudio read`: what the networks say of images, through the same preparation as on the canvas.

The JSON (`--json FILE`) holds:

    schema    1
    images    in the order given: file, error (a sentence, or null), notes (sentences), verdicts: network, title,
              weights (file, or "shipped"), guess (class name), confidence (0 to 1), probabilities (by class name)
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cnnstudio.cli import _terminal, _weights
from cnnstudio.cli._parser import add_json, keys
from cnnstudio.core.command_line import Parser, WrongUse
from cnnstudio.core.dataset import Images
from cnnstudio.core.errors import StudioError
from cnnstudio.core.percent import percent

SENTENCE: Final = "Say what the networks make of images."
SCHEMA: Final = 1
DATASET: Final = "digits"


def add_arguments(parser: Parser) -> None:
    """The options."""
    parser.add_argument("images", nargs="+", type=_image, metavar="IMAGE", help="any format that Pillow reads")
    parser.add_argument(
        "--weights", nargs="+", action="extend", type=Path, metavar="FILE",
        help="networks as saved by race --weights-dir; default: those that come with the program",
    )  # fmt: skip
    parser.add_argument("--networks", type=keys, default=("mlp", "lenet5"), metavar="KEYS",
                        help="which of the shipped networks; default mlp,lenet5")  # fmt: skip
    parser.add_argument("--no-centre", action="store_true", help="do not centre the ink, as MNIST's digits are")
    add_json(parser)


def _image(text: str) -> Path:
    if not text.strip():
        raise WrongUse("An image's name is empty.", remedy="Give the names of image files.")
    return Path(text)


@dataclass(frozen=True, slots=True)
class _Network:
    trained: _weights.Trained
    centred: bool
    ink: bool


def run(arguments: argparse.Namespace) -> None:
    """Reads every image; one that cannot be read is said and the others go on.

    Raises:
        StudioError: The weights cannot be read, or an image could not.
    """
    networks = _networks(arguments)
    stream = _terminal.report_stream(arguments.json)
    found = []
    for path in arguments.images:
        result = _read(path, networks)
        found.append(result)
        if result["error"] is not None:
            if len(arguments.images) > 1:  # of one it is what the command ends with
                _terminal.say(result["error"])
        else:
            for note in result["notes"]:
                _terminal.say(f"{path.name}: {note}")
            stream.write(_report(result))
            stream.flush()
    _terminal.write_json(arguments.json, {"schema": SCHEMA, "images": found})
    broken = sum(result["error"] is not None for result in found)
    if broken:
        told = f"{broken} of {len(found)} images could not be read."
        raise StudioError(told if len(found) > 1 else str(found[0]["error"]))


def _networks(arguments: argparse.Namespace) -> list[_Network]:
    if arguments.weights:
        return [_with_framing(_weights.from_file(path, None), arguments) for path in arguments.weights]
    try:
        found = [_weights.shipped(network, DATASET) for network in arguments.networks]
    except StudioError as error:
        raise WrongUse(error.report.what, error.report.cause, error.report.remedy) from None
    trained = [each for each in found if each is not None]
    if not trained:
        raise StudioError("No weights of these networks come with the program.", remedy="Give files with --weights.")
    return [_with_framing(each, arguments) for each in trained]


def _with_framing(trained: _weights.Trained, arguments: argparse.Namespace) -> _Network:
    from cnnstudio.datasets import find

    centred, ink = trained.spec.input_shape[0] == 1, True
    try:
        info = find(trained.dataset).info.named(trained.class_names)
    except StudioError:
        pass
    else:
        centred, ink = info.centred, info.ink
    return _Network(trained, centred and not arguments.no_centre, ink)


def _read(path: Path, networks: list[_Network]) -> dict[str, Any]:
    from cnnstudio.core.drawing import Bitmap
    from cnnstudio.core.pictures import read_picture
    from cnnstudio.core.seeing import blank_words, seen

    result: dict[str, Any] = {"file": str(path), "error": None, "notes": [], "verdicts": []}
    try:
        image = read_picture(path)
    except StudioError as error:
        return result | {"error": error.report.sentence}
    result["notes"] = list(image.notes)
    bitmap = Bitmap.from_rgb(image.rgb)
    for network in networks:
        pixels = seen(bitmap, network.trained.spec.input_shape, network.centred, network.ink)
        blank = blank_words(pixels)
        if blank and blank not in result["notes"]:
            result["notes"].append(blank)
        result["verdicts"].append(_verdict(network.trained, pixels))
    return result


def _verdict(trained: _weights.Trained, pixels: Images) -> dict[str, Any]:
    from cnnstudio.engine._answer_read import softened
    from cnnstudio.engine.evaluate import logits_of
    from cnnstudio.engine.pixels import tensor

    logits = logits_of(trained.module, tensor(pixels[None]), channels_last=False)[0]
    _, shares = softened(logits.numpy())
    names = trained.class_names or tuple(str(number) for number in range(trained.spec.classes))
    best = int(shares.argmax())
    return {
        "network": trained.spec.id,
        "title": trained.spec.title,
        "weights": trained.weights,
        "guess": names[best],
        "confidence": float(shares[best]),
        "probabilities": dict(zip(names, shares.tolist(), strict=True)),
    }


def _report(result: dict[str, Any]) -> str:
    rows = []
    for verdict in result["verdicts"]:
        ranked = sorted(verdict["probabilities"].items(), key=lambda item: -item[1])
        rest = ", ".join(f"{name} {percent(share)}" for name, share in ranked[1:3])
        said = (verdict["title"], verdict["guess"], percent(verdict["confidence"]), rest, verdict["weights"])
        rows.append(said)
    return f"{result['file']}\n" + _terminal.table(("network", "says", "sure", "otherwise", "weights"), rows)
