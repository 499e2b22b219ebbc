import pytest

from cnnstudio.core.command_line import Parser, WrongUse


def parser() -> Parser:
    made = Parser(prog="cnnstudio thing")
    made.add_argument("action", choices=("make", "info"))
    made.add_argument("--count", type=int)
    return made


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ([], "Something is missing: action."),
        (["melt"], "action cannot be 'melt'; there are make, info."),
        (["make", "--count", "many"], "--count cannot be 'many'."),
        (["make", "--count"], "--count needs a value behind it."),
        (["make", "--cost", "3"], "Not understood: --cost 3."),
        (["make", "--cou", "3"], "Not understood: --cou 3."),
    ],
)
def test_wrong_use_is_one_sentence_without_jargon(typed, sentence):
    with pytest.raises(WrongUse) as told:
        parser().parse_args(typed)
    assert told.value.report.sentence == f"{sentence} See cnnstudio thing --help."
