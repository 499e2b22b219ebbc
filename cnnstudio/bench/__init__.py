"""What `cnnstudio bench` measures, one case per file: a constant BENCH, found by scanning."""

from cnnstudio.bench._main import main

__all__ = ["main"]
