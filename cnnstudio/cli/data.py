"""`cnnstudio data make` writes the pictures of a data set; `cnnstudio data info` says what a data set is.

`make` writes either a numpy archive (`.npz`: train_images and test_images, uint8 [n, channels, height, width];
train_labels and test_labels, int64 [n]; class_names) or a mosaic of the first training pictures (`.png`).

The JSON of `info` (`--json FILE`) holds: schema (1), id, title, sentence, source, licence, shape, class_names, train,
test (numbers of pictures; in the list of all sets 0 for a folder), generated, centred, knobs (by name: sentence,
default, expected), balance (by class name: train, test; null where the pictures are not on this computer).
"""

from __future__ import annotations

import argparse
import io
import math
from pathlib import Path
from typing import Any, Final

import numpy as np

from cnnstudio.cli import _terminal
from cnnstudio.cli._parser import add_amount, add_data_root, add_json
from cnnstudio.core.command_line import Parser, WrongUse
from cnnstudio.core.dataset import DatasetInfo, Images, Loaded, Request
from cnnstudio.core.errors import StudioError
from cnnstudio.core.storage import write_atomic

SENTENCE: Final = "Write the pictures of a data set into a file, or say what a data set is."
SCHEMA: Final = 1
MOSAIC_PICTURES: Final = 400
"""The first so many pictures make the mosaic: 20 x 20 fill a screen."""


def add_arguments(parser: Parser) -> None:
    """The options."""
    parser.add_argument("action", choices=("make", "info"))
    parser.add_argument("--dataset", metavar="KEY", help="as in digits:jitter=3; default digits; info: default all")
    add_amount(parser, "training pictures", "training pictures; default: the set's own")
    parser.add_argument("--out", type=Path, metavar="FILE", help="make: where to; .npz holds all, .png shows the first")
    add_data_root(parser)
    parser.add_argument("--no-download", action="store_true", help="use only data that are on this computer")
    add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    """Makes or tells.

    Raises:
        StudioError: The data cannot be had, or the file cannot be written.
    """
    (_make if arguments.action == "make" else _info)(arguments)


def _find(key: str) -> Any:
    from cnnstudio.datasets import find

    try:
        return find(key)
    except StudioError as error:
        raise WrongUse(error.report.what, error.report.cause, error.report.remedy) from None


def _load(arguments: argparse.Namespace, found: Any, train: int | None, download: bool) -> Loaded:
    from cnnstudio.datasets import load

    request = Request(
        train=train,
        seed=arguments.seed,
        knobs=found.knobs,
        root=arguments.data_root,
        path=found.path,
        download=download,
    )
    return _terminal.watched(load(found.info, request))


def _make(arguments: argparse.Namespace) -> None:
    path: Path | None = arguments.out
    if path is None:
        raise WrongUse("It is not said where the pictures go.", remedy="Give --out FILE that ends in .npz or .png.")
    if path.suffix.lower() not in (".npz", ".png"):
        raise WrongUse(f"Pictures cannot go into {str(path)!r}.", remedy="Give --out FILE that ends in .npz or .png.")
    found = _find(arguments.dataset or "digits")
    loaded = _load(arguments, found, arguments.examples, not arguments.no_download)
    content = io.BytesIO()
    if path.suffix.lower() == ".npz":
        np.savez_compressed(
            content,
            train_images=loaded.train.images,
            train_labels=loaded.train.labels,
            test_images=loaded.test.images,
            test_labels=loaded.test.labels,
            class_names=np.array(loaded.class_names),
        )
    else:
        from PIL import Image

        Image.fromarray(mosaic(loaded.train.images[:MOSAIC_PICTURES])).save(content, "PNG")
    write_atomic(path, content.getvalue())
    for note in loaded.notes:
        _terminal.say(note)
    made = {
        "schema": SCHEMA,
        "dataset": found.key,
        "file": str(path),
        "train": len(loaded.train),
        "test": len(loaded.test),
        "class_names": list(loaded.class_names),
    }
    _terminal.report_stream(arguments.json).write(f"{len(loaded.train):,} training pictures are in {path}\n")
    _terminal.write_json(arguments.json, made)


def mosaic(images: Images, gap_px: int = 2) -> Images:
    """Pictures side by side, as square as it goes.

    Args:
        images: uint8 [n, channels, height, width].
        gap_px: Grey lines between them.

    Returns:
        uint8 [height, width] of grey pictures, [height, width, 3] of colour ones.
    """
    count, channels, height, width = images.shape
    columns = max(1, math.ceil(math.sqrt(count)))
    rows = max(1, math.ceil(count / columns))
    sheet = np.full((rows * (height + gap_px) - gap_px, columns * (width + gap_px) - gap_px, channels), 96, np.uint8)
    for place, image in enumerate(images):
        top, left = place // columns * (height + gap_px), place % columns * (width + gap_px)
        sheet[top : top + height, left : left + width] = image.transpose(1, 2, 0)
    return sheet[..., 0] if channels == 1 else sheet


def _info(arguments: argparse.Namespace) -> None:
    stream = _terminal.report_stream(arguments.json)
    if arguments.dataset is None:
        from cnnstudio.datasets import all_datasets

        cards = all_datasets().values()
        rows = [(info.id, *_sizes(info), _shape(info)) for info in cards]
        stream.write(_terminal.table(("data set", "train", "test", "shape"), rows))
        _terminal.write_json(arguments.json, {"schema": SCHEMA, "datasets": [_card(info) for info in cards]})
        return
    from cnnstudio.datasets import missing_notes

    found = _find(arguments.dataset)
    try:
        # Looking at a card should fetch nothing.
        loaded = _load(arguments, found, arguments.examples, download=False)
    except StudioError:
        if found.info.takes_path:
            raise
        _terminal.say("The pictures are not on this computer, so they are not counted; a race fetches them.")
        loaded = None
    card = _card(found.info) | {"balance": None}
    if loaded is not None:
        card |= {"class_names": list(loaded.class_names), "balance": _balance(loaded)}
        card |= {"shape": list(loaded.train.images.shape[1:])}
        notes = loaded.notes
        if found.info.takes_path:
            there = loaded.there if loaded.there is not None else len(loaded.train)
            card |= {"train": there, "test": len(loaded.test)}
            notes += missing_notes(loaded.class_names, test=loaded.test)
        for note in notes:
            _terminal.say(note)
    stream.write(_described(card))
    _terminal.write_json(arguments.json, {"schema": SCHEMA, **card})


def _amount(card: dict[str, Any]) -> str:
    return "any number" if card["generated"] else f"{card['train']:,}" if card["train"] else "as many as there are"


def _sizes(info: DatasetInfo) -> tuple[str, str]:
    return (f"{info.train_size:,}", f"{info.test_size:,}") if info.counted else ("yours", "yours")


def _shape(info: DatasetInfo) -> str:
    return " x ".join(str(size) for size in info.shape)


def _card(info: DatasetInfo) -> dict[str, Any]:
    return {
        "id": info.id,
        "title": info.title,
        "sentence": info.sentence,
        "source": info.source,
        "licence": info.licence,
        "shape": list(info.shape),
        "class_names": list(info.class_names),
        "train": info.train_size,
        "test": info.test_size,
        "generated": info.generated,
        "centred": info.centred,
        "knobs": {
            knob.name: {"sentence": knob.sentence, "default": knob.default, "expected": knob.expected}
            for knob in info.knobs
        },
    }


def _balance(loaded: Loaded) -> dict[str, dict[str, int]]:
    return {
        name: {
            "train": int((loaded.train.labels == place).sum()),
            "test": int((loaded.test.labels == place).sum()),
        }
        for place, name in enumerate(loaded.class_names)
    }


def _described(card: dict[str, Any]) -> str:
    lines = [
        f"{card['title']} ({card['id']})",
        card["sentence"],
        f"source: {card['source']}",
        f"licence: {card['licence']}",
        f"pictures: {_amount(card)} to learn from, {card['test']:,} to test, "
        + " x ".join(str(size) for size in card["shape"]),
    ]
    for name, knob in card["knobs"].items():
        lines.append(f"{name}: {knob['sentence']} {knob['expected'].capitalize()}; default {knob['default']}.")
    text = "\n".join(lines) + "\n"
    if card["balance"] is not None:
        rows = [(name, str(each["train"]), str(each["test"])) for name, each in card["balance"].items()]
        text += _terminal.table(("class", "train", "test"), rows)
    return text
