import errno

import pytest

from cnnstudio.core.errors import StudioError, report_from


def test_a_report_is_one_line_of_its_parts():
    error = StudioError("It broke.", "It was old.", "Take a new one.")
    assert error.report.sentence == str(error) == "It broke. It was old. Take a new one."


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full."),
        (PermissionError(errno.EACCES, "Permission denied"), "This account may not"),
        (MemoryError(), "There is not enough memory."),
        (RuntimeError("CUDA out of memory. Tried ..."), "There is not enough memory."),
        (RuntimeError("odd\nsecond line"), "odd"),
        (KeyError(), "KeyError"),
    ],
)
def test_any_exception_becomes_a_sentence(error, words):
    report = report_from(error, "Saving the run", "trace")
    assert report.what == "Saving the run failed."
    assert words in report.cause
    assert report.details == "trace"


def test_an_explained_error_keeps_its_own_words():
    error = StudioError("There is no picture in it.")
    assert report_from(error, "Reading x.png") is error.report
