"""Made-up answers about verdicts, by arithmetic: maps with a bright corner, neighbours by class, clusters."""

from __future__ import annotations

import numpy as np

from cnnstudio.core.attribution import Attribute, Attribution, Embed, Embedding, FindNeighbours, Neighbours
from tests.made_up import DIGITS, competitor, shown

SIGNED = ("integrated", "occlusion")


def attributions(question: Attribute) -> tuple[Attribution, ...]:
    """A map whose values grow from the upper left; of networks without a convolution none by Grad-CAM."""
    found = []
    for place, network in enumerate(question.networks):
        card = competitor(network)
        height, width = question.pixels.shape[1:]
        rows, columns = np.mgrid[:height, :width].astype(np.float32)
        values = rows + columns + place
        signed = question.method in SIGNED
        if signed:
            values = values - values.mean()
        cannot = question.method == "gradcam" and card.role == "mlp"
        found.append(
            Attribution(
                network=network,
                title=card.title,
                role=card.role,
                method=question.method,
                target=3 if question.target is None else question.target,
                probability=0.9 - 0.3 * place,
                map=None if cannot else values,
                signed=signed,
                why_not=f"{card.title} has no convolution: Grad-CAM has no maps to weigh." if cannot else "",
                agreement=None if cannot else 0.61 - 0.5 * place,
                by_chance=(-0.3, 0.3),
                believed=not cannot and place == 0,
                seconds=0.01,
                step=question.step,
                weights_from="run",
            )
        )
    return tuple(found)


def neighbours(question: FindNeighbours) -> tuple[Neighbours, ...]:
    """Pictures 0, 1, 2 ... of the script, each a half further off."""
    found = []
    for network in question.networks:
        card, few = competitor(network), shown(question.most, shape=question.pixels.shape)
        distances = 0.5 * np.arange(1, question.most + 1, dtype=np.float32)
        found.append(
            Neighbours(
                network,
                card.title,
                card.role,
                few.images,
                few.labels,
                distances,
                few.index,
                "dense 84",
                4_000,
                DIGITS,
                question.step,
                "run",
            )
        )
    return tuple(found)


def embeddings(question: Embed) -> tuple[Embedding, ...]:
    """Ten round clusters on a circle; every tenth picture is taken for the next class."""
    count = min(question.most, 400)
    labels = np.arange(count, dtype=np.int64) % 10
    guesses = np.where(np.arange(count) % 10 == np.arange(count) // 10 % 10, (labels + 1) % 10, labels)
    found = []
    for place, network in enumerate(question.networks):
        card, rng = competitor(network), np.random.default_rng(place)
        turn = 2 * np.pi * labels / 10 + 0.02 * (question.step or 0)
        points = np.stack([np.cos(turn), np.sin(turn)], 1) * 6 + rng.normal(0, 0.6, (count, 2))
        here = None if question.pixels is None else np.array([question.pixels.mean() / 64, 1.0], np.float32)
        found.append(
            Embedding(
                network,
                card.title,
                card.role,
                points.astype(np.float32),
                labels,
                guesses,
                5 * np.arange(count),
                here,
                (0.42, 0.23) if question.method == "pca" else (),
                question.method,
                "dense 84",
                DIGITS,
                question.step,
                "run",
            )
        )
    return tuple(found)


WHY_ANSWERS = {Attribute: attributions, FindNeighbours: neighbours, Embed: embeddings}
