"""Too little memory is said before torch is loaded."""

import pytest

from cnnstudio import cli
from cnnstudio.core import free_memory, limits
from cnnstudio.core.errors import StudioError


@pytest.mark.parametrize("free", [None, limits.MEMORY_FLOOR_BYTES])
def test_enough_or_unknown_is_let_through(monkeypatch, free):
    monkeypatch.setattr(free_memory, "free_bytes", lambda: free)
    free_memory.refuse_if_too_little()


def test_too_little_is_one_sentence_with_both_numbers(monkeypatch, capsys):
    monkeypatch.setattr(free_memory, "free_bytes", lambda: 300 * 2**20)
    with pytest.raises(StudioError, match=r"300 MB are free.*800 MB"):
        free_memory.refuse_if_too_little()
    assert cli.main(["race", "--epochs", "1"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
