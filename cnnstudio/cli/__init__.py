"""The engine with no window: one file per command. Nothing here imports Qt; torch comes when a command needs it."""

from cnnstudio.cli._main import COMMANDS, main

__all__ = ["COMMANDS", "main"]
