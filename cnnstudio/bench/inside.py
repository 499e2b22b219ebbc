"""How fast the window looks inside of both networks, and what that costs a race."""

from __future__ import annotations

from cnnstudio.bench._case import BenchInfo
from cnnstudio.bench._inside_convolution import convolution
from cnnstudio.bench._inside_engine import maximise, moments, occlusion, patches
from cnnstudio.bench._inside_play import play
from cnnstudio.bench._inside_window import drag, following, stroke

BENCH = BenchInfo(
    "inside",
    35,
    "strokes, moments, steps and explanations inside of both networks, until they are painted",
    {
        "stroke": stroke,
        "drag": drag,
        "play": play,
        "following": following,
        "moments": moments,
        "convolution": convolution,
        "patches": patches,
        "occlusion": occlusion,
        "maximise": maximise,
    },
)
