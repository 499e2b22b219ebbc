"""An experiment has one title: in the window, in its text, and on the command line."""

import pytest

from cnnstudio.core import paths
from cnnstudio.experiments import find
from cnnstudio.ui.panels._experiment import ExperimentPanel
from cnnstudio.ui.panels._panel import all_panels

PANELS = [one for one in all_panels().values() if isinstance(one.make, type) and issubclass(one.make, ExperimentPanel)]


@pytest.mark.parametrize("info", PANELS, ids=lambda info: info.id)
def test_an_experiment_has_one_title_everywhere(info):
    lesson = (paths.resources() / "lessons" / f"{info.id}.md").read_text(encoding="utf-8")
    assert [info.title, lesson.splitlines()[0].removeprefix("# ")] == 2 * [find(info.make.EXPERIMENT).title]
