"""Whether a set-up can run, with the data sets and networks looked up: `config.validate` knows only the fields."""

from __future__ import annotations

from cnnstudio.core.config import Problem, RaceConfig, validate
from cnnstudio.core.errors import StudioError


def problems(config: RaceConfig) -> list[Problem]:
    """Everything that is wrong with a set-up, in words; empty when it can run."""
    from cnnstudio import datasets, networks

    found = validate(config)
    try:
        info = datasets.find(config.dataset).info
    except StudioError as error:
        return [Problem("dataset", error.report), *found]
    for key in config.networks:
        try:
            networks.spec_for(key, info.shape, max(2, len(info.class_names))).shapes()
        except StudioError as error:
            found.append(Problem("networks", error.report))
    return found
