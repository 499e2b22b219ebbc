"""What only a look into a folder tells: its shape, its classes, how many pictures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnnstudio.core.dataset import Look
from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.history import History
from cnnstudio.core.looking import LookAt
from cnnstudio.datasets import find, look
from cnnstudio.ui.studio import KeptRun
from tests.made_up import run_started


def heard(signal):
    got = []
    signal.connect(lambda *args: got.append(args[0] if args else None))
    return got


class TestLooking:
    """What is in a folder is known after a look, and on its card from then on."""

    LOOK = Look((1, 32, 32), ("cat", "dog"), 38, 12, ("1 file could not be read and was skipped: bad.png.",))

    @pytest.fixture
    def looked(self, rig, tmp_path):
        rig.engine.answers[LookAt] = lambda question: self.LOOK
        return rig

    def test_a_folder_is_looked_into_once(self, looked, tmp_path):
        looked.studio.set_config(looked.studio.config.with_(dataset=f"folder:{tmp_path}"))
        told, changed = heard(looked.studio.told), heard(looked.studio.config_changed)
        looked.drain()
        assert [(one.dataset, one.examples) for one in looked.engine.questions_of(LookAt)] == [
            (looked.studio.config.dataset, looked.studio.config.examples)
        ]
        info = find(looked.studio.config.dataset).info
        assert (info.shape, info.class_names, info.train_size) == ((1, 32, 32), ("cat", "dog"), 38)
        assert changed == [looked.studio.config]
        assert told == ["1 file could not be read and was skipped: bad.png."]
        folder = looked.studio.config
        looked.studio.set_config(folder.with_(dataset="digits"))
        looked.studio.set_config(folder)
        assert len(looked.engine.questions_of(LookAt)) == 1

    def test_a_run_needs_no_look_beside_it(self, rig, tmp_path):
        """It reads the same pictures, and tells the same."""
        rig.engine.answer_at_once = False
        key = f"folder:{tmp_path}"
        rig.studio.set_config(rig.studio.config.with_(dataset=key))
        assert "look" in rig.engine.waiting
        rig.studio.run()
        assert "look" not in rig.engine.waiting
        rig.engine.finish()
        rig.drain()
        assert find(key).info.shape == (1, 28, 28)

    def test_a_run_tells_what_no_look_had_told(self, looked, tmp_path):
        """Of files that were skipped is told once, by whoever read the folder first."""
        key = f"folder:{tmp_path}"
        started = replace(run_started(3, looked.studio.config.with_(dataset=key)), notes=self.LOOK.notes)
        assert looked.studio.untold_notes(started) == self.LOOK.notes[0]
        looked.studio.see_run(started)
        assert look(key).notes == self.LOOK.notes
        looked.studio.set_config(started.config)
        looked.drain()
        assert looked.studio.untold_notes(started) == ""
        assert looked.studio.untold_notes(replace(run_started(4), notes=("a note",))) == ""

    def test_a_run_that_is_stopped_before_it_began_told_nothing(self, looked, tmp_path):
        looked.engine.answer_at_once = False
        looked.studio.set_config(looked.studio.config.with_(dataset=f"folder:{tmp_path}"))
        looked.studio.run()
        looked.studio.stop()
        looked.drain()
        looked.engine.answer_waiting()
        looked.drain()
        assert find(looked.studio.config.dataset).info.train_size == 38

    def test_sets_of_the_program_are_not_looked_at(self, rig):
        rig.studio.set_config(rig.studio.config.with_(dataset="glyphs"))
        assert rig.engine.questions_of(LookAt) == []

    def test_a_folder_that_cannot_be_read_is_told_at_once(self, rig, tmp_path):
        rig.engine.answers[LookAt] = lambda question: ErrorReport("The class 'b' has no pictures.")
        notices = heard(rig.studio.notice)
        rig.studio.set_config(rig.studio.config.with_(dataset=f"folder:{tmp_path}"))
        rig.drain()
        assert [report.what for report in notices] == ["The class 'b' has no pictures."]

    def test_the_networks_of_the_open_run_decide_the_shape(self, rig, tmp_path):
        """Also where the folder has changed since: they can read nothing else."""
        key = f"folder:{tmp_path}"
        rig.engine.answers[LookAt] = lambda question: Look((3, 32, 32), ("cat", "dog", "eel"), 50, 15)
        config = rig.studio.config.with_(dataset=key)
        started = replace(run_started(-1, config), shape=(1, 32, 32), class_names=("cat", "dog"))
        rig.studio.restore_runs([KeptRun("a", "First", History(started))])
        assert find(key).info.shape == (1, 32, 32)
        rig.studio.set_config(config)
        rig.drain()
        info = find(key).info
        assert (info.shape, info.class_names, info.train_size) == ((1, 32, 32), ("cat", "dog"), 50)

    def test_a_run_counts_the_pictures_where_it_took_all(self, rig, tmp_path):
        key = f"folder:{tmp_path}"
        started = run_started(-1, rig.studio.config.with_(dataset=key, examples=4_000))
        rig.studio.see_run(replace(started, train_size=34, validation_size=4, test_size=12))
        info = find(key).info
        assert (info.train_size, info.test_size) == (38, 12)
        rig.studio.see_run(replace(started, config=started.config.with_(examples=20), train_size=20))
        assert not find(key).info.counted
