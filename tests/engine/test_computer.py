"""Memory, device and warm-up: what is known of the computer."""

import sys

import pytest
import torch

from cnnstudio.core import free_memory
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import EngineReady
from cnnstudio.engine import device, memory
from cnnstudio.engine.memory import Need, refuse_if_too_large
from cnnstudio.engine.session import finish
from cnnstudio.engine.warmup import warm_up

GB = 2**30


@pytest.mark.skipif(sys.platform not in ("linux", "win32", "darwin"), reason="other systems do not tell")
def test_the_system_tells_its_free_memory() -> None:
    free = memory.available_bytes()
    assert free is not None
    assert 2**20 < free < 2**50


@pytest.mark.skipif(sys.platform != "linux", reason="control groups are Linux's")
def test_a_containers_limit_counts(tmp_path, monkeypatch) -> None:
    (tmp_path / "memory.max").write_text("3000000\n")
    (tmp_path / "memory.current").write_text("1000000\n")
    monkeypatch.setattr(free_memory, "_CGROUP", tmp_path)
    assert memory.available_bytes() == 2_000_000
    (tmp_path / "memory.stat").write_text("anon 5\ninactive_file 400000\nactive_file 7\n")
    assert memory.available_bytes() == 2_400_000
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.available_bytes() > 2_000_000


@pytest.mark.parametrize("free", [None, 9 * GB])
def test_what_fits_or_cannot_be_known_is_let_through(free, monkeypatch) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda device=None: free)
    refuse_if_too_large([Need("LeNet-5", 8 * GB)])


def test_the_refusal_holds_the_sum(monkeypatch) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda device=None: 9 * GB)
    with pytest.raises(StudioError) as refused:
        refuse_if_too_large([Need("the pictures", 50 * 2**20), Need("LeNet-5", 9 * GB)])
    report = refused.value.report
    assert report.what == "This race needs 9.0 GB of memory, and 9.0 GB are free."
    assert "the pictures 50 MB + LeNet-5 9.0 GB" in report.cause
    assert "smaller" in report.remedy


def test_the_device_is_named() -> None:
    chosen = device.choose()
    assert chosen.type in ("cpu", "cuda", "mps")
    assert device.name(torch.device("cpu")).startswith("cpu: ")
    device.wait_for(chosen)


def test_warming_up_comes_in_stages_and_says_what_was_loaded() -> None:
    stages = warm_up()
    assert next(stages) is None
    torch.manual_seed(1)
    before = torch.get_rng_state()
    ready = finish(stages)
    assert isinstance(ready, EngineReady)
    assert ready.torch_version == torch.__version__
    assert ready.seconds > 0
    assert torch.equal(before, torch.get_rng_state())
    assert torch.is_grad_enabled()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA card")
def test_cuda_race_ends_as_on_the_processor() -> None:
    from cnnstudio.core.events import Evaluated
    from tests.engine import tiny

    settings = tiny.config(examples=300, epochs=5, evaluations=1)
    there = tiny.only(Evaluated, tiny.run(settings, tiny.session()))
    here = tiny.only(Evaluated, tiny.run(settings, tiny.session(device=torch.device("cpu"))))
    for one, other in zip(there[-1].scores, here[-1].scores, strict=True):
        assert one.test.accuracy == pytest.approx(other.test.accuracy, abs=0.1)
