import platform
import sys

from cnnstudio.runtime import _heap


def test_the_c_library_takes_the_setting_where_it_is_glibc():
    assert _heap.share_one_heap() == (sys.platform.startswith("linux") and "glibc" in platform.libc_ver())


def test_elsewhere_nothing_is_done(monkeypatch):
    monkeypatch.setattr(_heap.sys, "platform", "win32")
    monkeypatch.setattr(_heap.ctypes, "CDLL", lambda _: 1 / 0)
    assert _heap.share_one_heap() is False
