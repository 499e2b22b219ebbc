"""An animated GIF of one view along the timeline: recorded moment by moment, written in the background."""

from __future__ import annotations

import io
import math
import statistics
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal, Slot

from cnnstudio.core import limits
from cnnstudio.core.errors import ErrorReport, StudioError, report_from
from cnnstudio.core.storage import write_atomic
from cnnstudio.ui.pacer import CatchUp
from cnnstudio.ui.player import Walk, stations
from cnnstudio.ui.studio import Studio

if TYPE_CHECKING:
    from PIL import Image

_WHOLE_MS: Final = 8_000
_LEAST_MS: Final = 60
_MOST_MS: Final = 400
_LAST_MS: Final = 1_500
"""All frames together take eight seconds, within what the eye can follow; the last one stays."""

_GIF_MS: Final = 10
"""A GIF counts time in hundredths of a second."""

_COLOURS: Final = 256
_SAMPLED: Final = 8
_POLL_MS: Final = 30

_TIMED: Final = 3
_LATELY: Final = 12
"""From so many frames on it is said how long the others will take; as long as the last ones did."""


class _Stopped(Exception):
    """Nobody wants the file any more."""


def frame_times(frames: int) -> list[int]:
    """How long each frame stays, in ms."""
    each = min(_MOST_MS, max(_LEAST_MS, _WHOLE_MS // max(1, frames)))
    return [*[each // _GIF_MS * _GIF_MS] * (frames - 1), _LAST_MS][-frames:] if frames else []


def common_palette(frames: Sequence[Image.Image]) -> Image.Image:
    """The colours of all frames together, at most 256, as an image with that palette.

    Where there are more colours, each counts with the root of its area: by its area alone the ground would take most
    of the palette, and the thin yellow frame of what is selected none of it.
    """
    from PIL import Image

    pixels = np.concatenate([np.asarray(frame.convert("RGB")).reshape(-1, 3) for frame in frames])
    packed = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    colours, areas = np.unique(packed, return_counts=True)
    unpacked = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1).astype(np.uint8)
    if len(colours) <= _COLOURS:
        palette = Image.new("P", (1, 1))
        palette.putpalette(unpacked.tobytes())
        return palette
    weights = np.ceil(np.sqrt(areas)).astype(np.intp)
    spread = np.repeat(unpacked, weights, axis=0)
    return Image.fromarray(spread[None]).quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=1)


def gif_bytes(frames: Sequence[bytes], comment: str, is_wanted: Callable[[], bool] = lambda: True) -> bytes:
    """Frames as the content of an animated GIF that runs for ever.

    Args:
        frames: PNG files, at least one. Where they are not of one size, each stands at the top left of the largest.
        comment: Is written into the file.
        is_wanted: Is asked before every frame; the work ends early where it says no.

    Returns:
        The file's content, or nothing where it is not wanted any more.
    """
    from PIL import Image

    sizes = [Image.open(io.BytesIO(frame)).size for frame in frames]
    size = max(width for width, _ in sizes), max(height for _, height in sizes)
    scale = min(1.0, math.sqrt(limits.FILM_PIXELS / (size[0] * size[1])))
    places = sorted(set(np.linspace(0, len(frames) - 1, min(_SAMPLED, len(frames))).round().astype(int)))
    palette = common_palette([_opened(frames[place], size, scale) for place in places])

    def coloured(some: Iterable[bytes]) -> Iterator[Image.Image]:
        for frame in some:
            if not is_wanted():
                raise _Stopped
            yield _opened(frame, size, scale).quantize(palette=palette, dither=Image.Dither.NONE)

    out = io.BytesIO()
    try:
        first, *_ = coloured(frames[:1])
        first.save(
            out, "GIF", save_all=True, append_images=coloured(frames[1:]), duration=frame_times(len(frames)),
            loop=0, optimize=False, disposal=1, comment=comment.encode("ascii", "replace"),
        )  # fmt: skip
    except _Stopped:
        return b""
    return out.getvalue()


def _opened(frame: bytes, size: tuple[int, int], scale: float) -> Image.Image:
    """A frame at the top left of a ground of its own colour, then made smaller."""
    from PIL import Image

    image = Image.open(io.BytesIO(frame)).convert("RGB")
    if image.size != size:
        ground = Image.new("RGB", size, image.getpixel((0, image.height - 1)))
        ground.paste(image, (0, 0))
        image = ground
    if scale < 1:
        image = image.resize((round(size[0] * scale), round(size[1] * scale)), Image.Resampling.LANCZOS)
    return image


def _write(path: Path, frames: Sequence[bytes], comment: str, is_wanted: Callable[[], bool]) -> bool:
    content = gif_bytes(frames, comment, is_wanted)
    if not content or not is_wanted():
        return False
    write_atomic(path, content)
    return True


def check_place(path: Path) -> None:
    """Makes sure that a file can be written before a minute's work goes into it.

    Raises:
        StudioError: It cannot.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        report = report_from(error, f"Writing {path}")
        raise StudioError(report.what, report.cause, report.remedy) from error


class Recorder(QObject):
    """Takes the study through its moments, keeps a picture of each, writes them, and goes back to where it was.

    A picture is taken when every question about its moment is answered and nothing that the view put off is left: what
    is in a frame is of that frame's moment, however long that takes.

    Signals:
        progressed(done, whole): Frames recorded; `done` is `whole` while the file is written.
        written(path): It is there.
        failed(report): It is not, for a reason.
        cancelled(): It is not, as was wished.

    Thread: GUI; the file is made in a thread of its own.
    """

    progressed = Signal(int, int)
    written = Signal(object)
    failed = Signal(object)
    cancelled = Signal()

    def __init__(
        self,
        studio: Studio,
        grab: Callable[[], bytes],
        comment: str,
        parent: QObject | None = None,
        catch_up: CatchUp | None = None,
    ) -> None:
        """Prepares.

        Args:
            studio: The open study.
            grab: Gives the view as it is now, as PNG, or nothing where it is not seen any more.
            comment: Is written into the file.
            parent: Its owner.
            catch_up: Calls in what the view put off; None where it puts nothing off.
        """
        super().__init__(parent)
        self._catch_up = catch_up
        self._clock = QElapsedTimer()
        self._took_ms: list[int] = []
        self._studio, self._grab, self._comment = studio, grab, comment
        self._path = Path()
        self._frames: list[bytes] = []
        self._whole = 0
        self._before: int | None = None
        self._unwanted = threading.Event()
        self._future: Future[bool] | None = None
        self._writer: ThreadPoolExecutor | None = None
        self._poll = QTimer(self, interval=_POLL_MS)
        self._poll.timeout.connect(self._look)
        self.walk = Walk(studio, self)
        self.walk.gap_ms = 0
        self.walk.catch_up = catch_up
        self.walk.settled.connect(self._on_settled)
        self.walk.ended.connect(self._on_ended)

    @property
    def active(self) -> bool:
        """Whether it records or writes."""
        return self.walk.walks or self._future is not None

    @property
    def seconds_left(self) -> float | None:
        """Until the last frame is recorded; None while that cannot be told."""
        if len(self._took_ms) < _TIMED:
            return None
        return statistics.median(self._took_ms[-_LATELY:]) / 1000 * (self._whole - len(self._frames))

    def start(self, path: Path) -> None:
        """Begins; `check_place` has said that the file can be written."""
        moments = stations(self._studio)
        places = sorted(
            set(np.linspace(0, len(moments) - 1, min(limits.FILM_FRAMES, len(moments))).round().astype(int))
        )
        self._path, self._frames, self._whole = path, [], len(places)
        self._unwanted.clear()
        self._before = self._studio.moment
        self._took_ms = []
        self.progressed.emit(0, self._whole)
        self._begin_frame()
        self.walk.start([moments[place] for place in places])

    @Slot()
    def cancel(self) -> None:
        """Gives up; nothing is written."""
        if self.active and not self._unwanted.is_set():
            self._unwanted.set()
            self.walk.stop()

    def _begin_frame(self) -> None:
        self._clock.start()
        if self._catch_up is not None:
            self._catch_up.begin()

    @Slot(object)
    def _on_settled(self, step: int | None) -> None:
        frame = self._grab()
        if not frame:
            self.walk.stop()
            return
        self._frames.append(frame)
        self._took_ms.append(self._clock.elapsed())
        self._begin_frame()
        self.progressed.emit(len(self._frames), self._whole)

    @Slot(bool)
    def _on_ended(self, complete: bool) -> None:
        if complete:
            self._studio.set_moment(self._before)
            self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="animation")
            wanted = partial(_is_clear, self._unwanted)
            self._future = self._writer.submit(_write, self._path, tuple(self._frames), self._comment, wanted)
            self._poll.start()
        elif self._unwanted.is_set():
            self._studio.set_moment(self._before)
            self.cancelled.emit()
        else:
            self.failed.emit(
                ErrorReport(
                    "The animation was not made.",
                    "While it was recorded another moment was chosen, a run began, or the view was left.",
                    "Export it once more, and leave the window alone meanwhile.",
                )
            )

    @Slot()
    def _look(self) -> None:
        if self._future is None or not self._future.done():
            return
        self._poll.stop()
        future, self._future = self._future, None
        assert self._writer is not None
        self._writer.shutdown(wait=False)
        self._frames = []
        try:
            is_there = future.result()
        except StudioError as error:
            self.failed.emit(error.report)
            return
        self.written.emit(self._path) if is_there else self.cancelled.emit()


def _is_clear(event: threading.Event) -> bool:
    return not event.is_set()
