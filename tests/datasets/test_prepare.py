"""From a race's set-up to three sets that never overlap."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import DatasetInfo, Loaded, Pictures, Progress, Request
from cnnstudio.core.errors import StudioError
from cnnstudio.core.knobs import Knob
from cnnstudio.datasets import _prepare, find, prepare
from tests.datasets.files import write_idx


def made(request: Request):
    """Pictures that carry their own number, so that every one is told from every other."""
    yield Progress(0.5, "making numbers")
    sets = []
    for count, start in ((request.train, 0), (request.test, 10_000_000)):
        numbers = np.arange(count) + start + 100_000 * request.seed
        images = numbers.astype("<u4").view(np.uint8).reshape(count, 1, 2, 2).copy()
        sets.append(Pictures(images, (numbers % 3).astype(np.int64)))
    return Loaded(sets[0], sets[1], ("a", "b", "c"), ("a note",))


MADE = DatasetInfo(
    id="made", title="Made", order=1, sentence="Numbers.", source="The tests.", licence="MIT", shape=(1, 2, 2),
    class_names=("a", "b", "c"), train_size=1000, test_size=300, load=made, generated=True,
    knobs=(Knob("jitter", "jitter", 0, "Moves nothing.", 0, 3, "px"),),
)  # fmt: skip


@pytest.fixture
def with_made(monkeypatch):
    monkeypatch.setattr(_prepare, "all_datasets", lambda: {"made": MADE})


def numbers(pictures: Pictures) -> set[bytes]:
    return {image.tobytes() for image in pictures.images}


def assert_disjoint(prepared) -> None:
    sets = [numbers(part) for part in (prepared.train, prepared.validation, prepared.test)]
    assert [len(part) for part in sets] == [len(prepared.train), len(prepared.validation), len(prepared.test)]
    assert len(set().union(*sets)) == sum(map(len, sets))


class TestKeys:
    def test_knobs_are_read_and_written_in_their_shortest_form(self, with_made):
        found = find(" made: jitter=2 ")
        assert (found.knobs, found.path, found.key) == ({"jitter": 2}, None, "made:jitter=2")
        assert find("made:jitter=0").key == "made"

    @pytest.mark.parametrize(
        ("key", "words"),
        [("digit", "Choose from digits"), ("", "Choose from"),
            ("mnist:jitter=1", "settings are: none"), ("folder", "folder:PATH"),
         ("digits:jitter=99", "from 0 to"), ("digits:jitter", "digits:NAME=VALUE")],
    )  # fmt: skip
    def test_wrong_keys_say_what_is_known(self, key, words):
        with pytest.raises(StudioError, match=words):
            find(key)

    @pytest.mark.parametrize("path", ["/home/me/my pictures", "C:\\Bilder\\Zoë", "relative:with=odd,signs"])
    def test_a_path_is_taken_as_it_is(self, path):
        found = find(f"folder:{path}")
        assert found.path == Path(path)
        assert found.key == f"folder:{path}"

    def test_a_home_is_expanded(self):
        assert find("folder:~/x").path == Path.home() / "x"


class TestGenerated:
    @pytest.mark.parametrize(
        ("examples", "validation"),
        [(1, 100), (2, 100), (300, 300), (4_000, 500), (12_000, 1_200), (60_000, 5_000)],
    )
    def test_sizes(self, with_made, finish, examples, validation):
        prepared = finish(prepare(RaceConfig(dataset="made", examples=examples)))
        assert (len(prepared.train), len(prepared.validation), len(prepared.test)) == (examples, validation, 300)
        assert_disjoint(prepared)
        assert prepared.shape == (1, 2, 2)
        assert prepared.notes == ("a note",)

    def test_the_seed_decides(self, with_made, finish):
        one, same, other = (finish(prepare(RaceConfig(dataset="made", examples=9, seed=seed))) for seed in (1, 1, 2))
        np.testing.assert_array_equal(one.train.images, same.train.images)
        assert not numbers(one.train) & numbers(other.train)

    def test_progress_passes_through_and_closing_stops(self, with_made):
        work = prepare(RaceConfig(dataset="made"))
        assert isinstance(next(work), Progress)
        work.close()


class TestStored:
    @pytest.fixture
    def sizes(self, tmp_path, finish):
        """Prepares a stored set of so many pictures and gives what came out."""

        def prepared_from(there: int, examples: int, seed: int = 0):
            write_idx(tmp_path, "mnist", there, 40)
            config = RaceConfig(dataset="mnist", examples=examples, seed=seed)
            return finish(prepare(config, tmp_path, download=False))

        return prepared_from

    @pytest.mark.parametrize(
        ("there", "examples", "train", "validation"),
        [
            (1200, 1, 1, 100),  # enough left over: exactly what was asked for
            (1200, 50, 50, 100),
            (1200, 700, 700, 500),
            (1200, 1_000, 1_000, 200),  # not enough for 500 more: what there is
            (1200, 1_150, 1_080, 120),  # no less than a tenth is held out
            (1200, 60_000, 1_080, 120),
            (30, 4_000, 20, 10),  # one of each of the ten classes
            (12, 4_000, 6, 6),  # no more than half
            (2, 1, 1, 1),
        ],
    )
    def test_validation_is_what_is_left_over_or_a_share(self, sizes, there, examples, train, validation):
        prepared = sizes(there, examples)
        assert (len(prepared.train), len(prepared.validation), len(prepared.test)) == (train, validation, 40)
        assert_disjoint(prepared)
        assert bool(prepared.notes) == (train < examples)

    def test_the_cut_keeps_all_classes(self, sizes):
        prepared = sizes(1200, 500)
        assert np.bincount(prepared.train.labels).tolist() == [50] * 10
        assert np.bincount(prepared.validation.labels).tolist() == [50] * 10

    def test_the_seed_decides(self, sizes):
        assert numbers(sizes(1200, 100, 1).train) == numbers(sizes(1200, 100, 1).train)
        assert numbers(sizes(1200, 100, 1).train) != numbers(sizes(1200, 100, 2).train)

    def test_one_picture_is_too_few(self, sizes):
        with pytest.raises(StudioError, match="has 1 training picture"):
            sizes(1, 1)
