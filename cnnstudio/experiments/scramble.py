"""Scramble the pixels: the same permutation for every picture, so that neighbours are no longer neighbours.

The permutation is one of whole blocks (`core.scramble`): within a block of k x k pixels everything stays as it is, so
that k = 1 scrambles all and a block as large as the picture nothing. It is the same for training, validation and test
pictures, and the seed decides it. Networks learn with what the data set's card advises; nothing is chosen by results.

Beside it a table (`_table`), where there are no neighbours to begin with.

C. Zhang, S. Bengio, M. Hardt, B. Recht, O. Vinyals: Understanding deep learning requires rethinking generalization.
ICLR 2017 (networks that learn shuffled pixels).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cnnstudio.core.dataset import Pictures
from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import (
    Chart,
    ExperimentInfo,
    Findings,
    Guess,
    Measuring,
    Order,
    Result,
    Series,
    Settings,
    Table,
)
from cnnstudio.core.knobs import Knob, Value
from cnnstudio.core.scramble import permutation, scramble
from cnnstudio.core.statistics import Gap, Spread, gap_sentence, series
from cnnstudio.datasets import find as find_dataset
from cnnstudio.experiments import _table
from cnnstudio.experiments._chance import UNTAUGHT, chance_of, gap_or_chance
from cnnstudio.experiments._charts import bars_chart, lines_chart
from cnnstudio.experiments._grid import (
    EPOCHS,
    SEEDS,
    SETS,
    accuracy_table,
    by_seed,
    by_x,
    examples_knob,
    gap_at,
    grid,
    is_cnn_against,
    leader_and_other,
    lines,
    network_keys,
    networks_knob,
    race_of,
    titles,
)

ID: Final = "scramble"
PICTURES: Final = "pictures"
TABLE: Final = "table"
_CLOSE: Final = 0.02
CENTRED: Final = "digits"
_BLOCK: Final = "block that stays whole (px; 1 scrambles all)"


def blocks(settings: Settings) -> tuple[int, ...]:
    """The sizes of blocks that are tried, ascending; the last one leaves the picture as it is.

    Raises:
        StudioError: One is no number, or does not divide the picture's sides.
    """
    info = find_dataset(str(settings["dataset"])).info
    _, height, width = info.shape
    found = set()
    for text in filter(None, (piece.strip() for piece in str(settings["blocks"]).split(","))):
        if not text.isdecimal():
            raise StudioError(f"A block cannot be {text} pixels wide.", remedy="Give whole numbers with commas.")
        permutation(height, width, int(text), 0)
        found.add(int(text))
    if height != width:
        raise StudioError(f"{info.title} is not square, and blocks are.", remedy="Choose another data set.")
    return tuple(sorted({1, *found, height}))


def _plan(settings: Settings) -> tuple[Order, ...]:
    shared = {name: settings[name] for name in ("dataset", "examples", "epochs")}
    points: list[Mapping[str, Value]] = [{"part": PICTURES, "block": block, **shared} for block in blocks(settings)]
    pictures = grid(ID, network_keys(settings, least=2), points, settings)
    if not settings[TABLE]:
        return pictures
    planned: list[Order] = []
    for seed in range(int(settings["seeds"])):
        planned += [order for order in pictures if order.params["seed"] == seed]
        planned += [
            Order(ID, {"network": name, "part": TABLE, "columns": columns, "seed": seed})
            for columns in _table.ORDERS
            for name in _table.TITLES
        ]
    return tuple(planned)


def measure(order: Order) -> Measuring:
    """One network learns scrambled pictures, or the table: shares of training, validation and test read correctly."""
    params = order.params
    if params["part"] == TABLE:
        return (yield from _table.measure(str(params["network"]), str(params["columns"]), int(params["seed"]), 0))
    from cnnstudio.experiments._learn import data, learn

    config = race_of(params)
    prepared = yield from data(config)
    _, height, width = prepared.shape
    index = permutation(height, width, int(params["block"]), config.seed)
    sets = {name: getattr(prepared, name) for name in SETS}
    moved = {name: Pictures(scramble(part.images, index), part.labels) for name, part in sets.items()}
    learned = yield from learn(config.networks[0], moved["train"], len(prepared.class_names), config)
    shares = {}
    for name, part in moved.items():
        shares[name] = yield from learned.accuracy(part)
    return shares | {"weights": learned.spec.parameters}


def _findings(settings: Settings, results: Sequence[Result]) -> Findings:
    keys = network_keys(settings, least=2)
    pictures = [result for result in results if result.order.params["part"] == PICTURES]
    rows = [result for result in results if result.order.params["part"] == TABLE]
    chance = chance_of(str(settings["dataset"]))
    charts = [
        lines_chart(
            PICTURES, "Accuracy against how much of the neighbourhood is left",
            _BLOCK, "accuracy", lines(pictures, keys, "block"),
            log_x=True, chance=chance,
        )
    ]  # fmt: skip
    tables = [accuracy_table("Accuracy", pictures, keys, "block", _BLOCK)]
    said, guess = _verdict(settings, keys, pictures, chance)
    if settings[TABLE]:
        charts.append(_table_chart(rows))
        tables.append(_table_of(rows))
        said += _table_sentences(rows)
    return Findings(tuple(charts), tuple(tables), tuple(said), guess, len(results), len(_plan(settings)))


def _verdict(
    settings: Settings, keys: Sequence[str], results: Sequence[Result], chance: float | None
) -> tuple[list[str], int | None]:
    conv, dense = leader_and_other(keys)
    named, whole, said = titles(keys), blocks(settings)[-1], []
    scrambled, before = (gap_at(results, conv, dense, "block", block) for block in (1, whole))
    lost = {key: _lost(results, key, whole) for key in (dense, conv)}
    shares = [
        {named[key]: by_x(results, "block", where={"network": key}).get(float(block), {}) for key in (conv, dense)}
        for block in (1, whole)
    ]
    if scrambled is not None:
        plain = str(settings["dataset"]) == CENTRED
        hint = UNTAUGHT if plain else "choose centred digits, which an MLP reads"
        said.append(gap_or_chance("All pixels scrambled", scrambled, shares[0], chance, hint))
    if before is not None:
        said.append(gap_or_chance("Untouched", before, shares[1], chance))
    for key, gap in lost.items():
        if gap is not None:
            said.append(gap_sentence(f"{named[key]}, untouched,", f"{named[key]}, scrambled,", gap))
    dense_lost = lost[dense]
    if scrambled is None or dense_lost is None or not is_cnn_against(conv, dense):
        return said, None
    if before is not None and before.mean <= 0:
        return said, None  # there was no lead that might have gone
    if scrambled.mean > _CLOSE:
        return said, 0
    return said, 1 if abs(dense_lost.mean) <= _CLOSE else 2


def _lost(results: Sequence[Result], key: str, whole: int) -> Gap | None:
    """How much better a network reads untouched pictures than scrambled ones."""
    by_block = by_x(results, "block", where={"network": key})
    return Gap.by_seed(by_block.get(float(whole), {}), by_block.get(1.0, {}))


def _table_shares(results: Sequence[Result], name: str, columns: str, value: str = "test") -> dict[int, float]:
    return by_seed(results, value, {"network": name, "columns": columns})


def _table_chart(results: Sequence[Result]) -> Chart:
    found: list[Series] = []
    for name, title in _table.TITLES.items():
        points = {
            float(place): list(_table_shares(results, name, columns).values())
            for place, columns in enumerate(_table.ORDERS)
        }
        found.append(series(title, points, network=name, role=_table.ROLES[name], dashed=True))
    return bars_chart(
        TABLE, "Test accuracy on a table; chance: the commoner diagnosis",
        "order of the columns", "test accuracy", found, tuple(_table.ORDERS.values()), chance=_table.COMMONER,
    )  # fmt: skip


def _table_of(results: Sequence[Result]) -> Table:
    rows: list[tuple[str | float | int | None, ...]] = []
    for name, title in _table.TITLES.items():
        for columns, told in _table.ORDERS.items():
            found = [list(_table_shares(results, name, columns, value).values()) for value in SETS]
            if found[0]:
                spreads = [Spread.of(shares) for shares in found]
                weights = _table.spec(name).parameters
                rows.append((title, told, weights, *(spread.as_percent for spread in spreads), spreads[0].n))
    headings = ("network", "columns", "weights", "train", "validation", "test", "seeds")
    return Table("The table, five-fold cross-validation: mean ± standard deviation of the seeds", headings, tuple(rows))


def _table_sentences(results: Sequence[Result]) -> list[str]:
    said = []
    known = {name: _table_shares(results, name, "given") for name in _table.TITLES}
    for name in ("row", "anywhere"):
        gap = Gap.by_seed(known[name], known["list"])
        if gap is not None:
            said.append(f"On the table: {gap_sentence(_table.TITLES[name], _table.TITLES['list'], gap)}")
    for name, title in _table.TITLES.items():
        gap = Gap.by_seed(known[name], _table_shares(results, name, "permuted"))
        if gap is not None:
            said.append(f"On the table: {gap_sentence(f'{title}, given order,', f'{title}, permuted,', gap)}")
    return said


EXPERIMENT: Final = ExperimentInfo(
    id=ID,
    title="What if pixels are mixed?",
    short="Scramble",
    order=50,
    sentence="One fixed permutation moves the pixels of all pictures alike, all of them or in blocks that stay whole. "
    "An MLP can learn either; a convolution looks for neighbours. Beside it a table, where the input is a list.",
    constructed="Scrambling was constructed to take away what a convolution assumes and nothing else: the numbers are "
    "the same, only their places differ. On glyphs that may sit anywhere both networks end at chance.",
    citation="Zhang, Bengio, Hardt, Recht, Vinyals: Understanding deep learning requires rethinking generalization. "
    "ICLR 2017. Table: Street, Wolberg, Mangasarian: Nuclear feature extraction for breast tumor diagnosis. SPIE 1905, "
    "1993 (Breast Cancer Wisconsin, as scikit-learn has it).",
    guess=Guess(
        "All pixels change places, in the same way in every picture. What becomes of the CNN's lead on centred digits?",
        (
            "It stays ahead by more than 2 points.",
            "Its lead is gone, and the MLP reads as well as before, to within 2 points.",
            "Its lead is gone, and the MLP reads differently, too, by more than 2 points.",
        ),
    ),
    knobs=(
        networks_knob("mlp,lenet5"),
        Knob("dataset", "data set", "digits", "The key of the data set; its pictures must be square."),
        Knob("blocks", "blocks", "2,4,7,14",
             "Sides in px of the blocks that stay whole, with commas; all scrambled and untouched are always tried."),
        Knob(TABLE, "with the table", True, "Also: a table of measurements, read as a list and as a picture."),
        examples_knob(4_000),
        EPOCHS,
        SEEDS,
    ),
    plan=_plan,
    measure=measure,
    findings=_findings,
)  # fmt: skip
