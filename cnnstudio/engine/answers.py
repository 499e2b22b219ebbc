"""Answers to everything in `core.questions`, `core.inside` and `core.attribution`.

Quick questions are answered at once; longer ones by a generator that yields between two slices (`Progress` where there
is something to tell, None where not) and returns the answer, so that training and other questions go on meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from types import GeneratorType
from typing import Any, Final, TypeVar, cast

from cnnstudio.core import attribution, equivariance, inside, looking, moving, nonsense, questions, unfair, unit_record
from cnnstudio.core.questions import Question
from cnnstudio.datasets import one_thread
from cnnstudio.engine._answer_compare import disagreement
from cnnstudio.engine._answer_files import keep_run, open_run, save_weights
from cnnstudio.engine._answer_film import film
from cnnstudio.engine._answer_inside import explain_unit, read_kernels, read_maps
from cnnstudio.engine._answer_look import look_at
from cnnstudio.engine._answer_marked import read_marked
from cnnstudio.engine._answer_move import offset_map, transformed
from cnnstudio.engine._answer_near import embed, find_neighbours
from cnnstudio.engine._answer_nonsense import read_nonsense
from cnnstudio.engine._answer_pictures import both_wrong, browse_examples, confusion_cell, confusions, only_one_right
from cnnstudio.engine._answer_read import first_layers, read_picture
from cnnstudio.engine._answer_shift import shift_layers, shift_operations
from cnnstudio.engine._answer_unit import find_record, maximised
from cnnstudio.engine._answer_why import attribute
from cnnstudio.engine.session import Session, finish

A = TypeVar("A")

ANSWERS: Final[Mapping[type[Question[Any]], Callable[[Any, Session], Any]]] = {
    questions.ReadPicture: read_picture,
    questions.FirstLayers: first_layers,
    inside.ReadMaps: read_maps,
    inside.ReadKernels: read_kernels,
    inside.ExplainUnit: explain_unit,
    inside.Film: film,
    unit_record.FindRecord: find_record,
    unit_record.Maximise: maximised,
    attribution.Attribute: attribute,
    attribution.FindNeighbours: find_neighbours,
    attribution.Embed: embed,
    moving.OffsetMap: offset_map,
    moving.Transformed: transformed,
    equivariance.ShiftLayers: shift_layers,
    equivariance.ShiftOperations: shift_operations,
    nonsense.ReadNonsense: read_nonsense,
    unfair.ReadMarked: read_marked,
    questions.ConfusionCell: confusion_cell,
    questions.OnlyOneRight: only_one_right,
    questions.BothWrong: both_wrong,
    questions.Disagree: disagreement,
    questions.Confusions: confusions,
    questions.BrowseExamples: browse_examples,
    looking.LookAt: look_at,
    questions.SaveWeights: save_weights,
    questions.OpenRun: open_run,
    questions.KeepRun: keep_run,
}


def answer(question: Question[A], session: Session) -> A | Generator[Any, None, A]:
    """Answers a question.

    What is answered at once has one thread: two would wait for each other as soon as the window paints, and then for
    the slower one. A stroke took 24 ms at worst of twenty with two threads, and 12 ms with one.

    Args:
        question: One of `core.questions`.
        session: Whose data, run and weights it is about.

    Returns:
        The answer, or a generator that returns it.

    Raises:
        StudioError: There is no answer; the sentence says why. A generator may raise it later.
    """
    with one_thread():
        return cast("A | Generator[Any, None, A]", ANSWERS[type(question)](question, session))


def answer_now(question: Question[A], session: Session) -> A:
    """Answers a question, however long it takes: for whoever has no thread and no window.

    Raises:
        StudioError: There is no answer; the sentence says why.
    """
    given = answer(question, session)
    return cast("A", finish(given)) if isinstance(given, GeneratorType) else cast("A", given)
