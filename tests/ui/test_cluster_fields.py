"""Where a cluster is, and the certificates that it needs."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from cnnstudio.core.errors import StudioError
from cnnstudio.experiments import find
from cnnstudio.ui.widgets.cluster_fields import ClusterFields, cluster_settings
from cnnstudio.ui.widgets.experiment_settings import SettingsForm

PEM = Path(__file__).parents[1] / "runtime" / "for_tests_only.pem"
ADDRESS = "tls://10.0.0.7:8786"


@pytest.fixture
def fields(qtbot):
    made = ClusterFields()
    qtbot.addWidget(made)
    made.show()
    return made


def type_in(field, text):
    field.setFocus()
    field.clear()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def name_files(fields, ca=PEM, cert=PEM, key=PEM):
    for name, path in (("ca", ca), ("cert", cert), ("key", key)):
        type_in(fields.files[name].text.field, str(path))


def framed(fields):
    return [name for name, field in fields.files.items() if field.text.field.property("problem")]


def test_certificates_are_asked_for_where_the_address_needs_them(fields):
    assert not any(field.isVisible() for field in fields.files.values())
    type_in(fields.dask.field, "tcp://10.0.0.7:8786")
    assert not any(field.isVisible() for field in fields.files.values())
    assert not fields.problem.isVisible()
    fields.dask.field.clear()
    QTest.keyClicks(fields.dask.field, "tls://")
    assert all(field.isVisible() for field in fields.files.values())
    type_in(fields.dask.field, ADDRESS)
    assert fields.address == ADDRESS
    assert "needs certificates" in fields.problem.text()
    assert framed(fields) == ["ca", "cert", "key"]


def test_good_files_are_taken_and_remembered_for_every_experiment(fields, qtbot):
    fields.set_address(ADDRESS)
    name_files(fields)
    assert not fields.problem.isVisible()
    assert framed(fields) == []
    tls = fields.certificates()
    assert (tls.ca, tls.cert, tls.key) == (PEM, PEM, PEM)
    other = ClusterFields()
    qtbot.addWidget(other)
    other.set_address(ADDRESS)
    assert other.certificates() == tls
    assert cluster_settings().value("key") == str(PEM)


def test_what_was_named_elsewhere_is_taken_over_when_it_is_shown(fields, qtbot):
    other = ClusterFields()
    qtbot.addWidget(other)
    fields.set_address(ADDRESS)
    name_files(fields)
    other.set_address(ADDRESS)
    other.show()
    assert other.certificates() == fields.certificates()
    assert not other.problem.isVisible()


def test_an_address_without_certificates_takes_none(fields):
    fields.set_address(ADDRESS)
    name_files(fields)
    fields.set_address("tcp://10.0.0.7:8786")
    assert fields.certificates() is None
    assert not fields.problem.isVisible()


def test_each_bad_file_is_one_sentence(fields, tmp_path):
    fields.set_address(ADDRESS)
    name_files(fields, cert=tmp_path / "gone.pem")
    assert fields.problem.text() == f"There is no certificate file {tmp_path / 'gone.pem'}. Name a PEM file."
    assert framed(fields) == ["cert"]
    (tmp_path / "notes.txt").write_text("mine")
    name_files(fields, ca=tmp_path / "notes.txt")
    assert "The authority file" in fields.problem.text()
    assert "holds no certificate" in fields.problem.text()
    assert framed(fields) == ["ca"]
    type_in(fields.dask.field, "10.0.0.7")
    assert fields.problem.text().startswith("A Dask scheduler cannot be at '10.0.0.7'.")
    type_in(fields.dask.field, "")
    assert not fields.problem.isVisible()


def test_a_file_can_be_chosen(fields, qtbot, monkeypatch):
    asked = []
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *what: (asked.append(what[1:3]), (str(PEM), ""))[1])
    fields.set_address(ADDRESS)
    with qtbot.waitSignal(fields.chosen):
        QTest.keyClick(fields.files["key"].button, Qt.Key.Key_Space)
    assert asked == [("The key file of the cluster", "")]
    assert fields.files["key"].path == PEM
    assert cluster_settings().value("key") == str(PEM)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *what: ("", ""))
    fields.files["key"].button.click()
    assert fields.files["key"].path == PEM


def test_the_keyboard_goes_through_all_fields(fields):
    fields.set_address(ADDRESS)
    fields.activateWindow()
    fields.dask.field.setFocus()
    seen = []
    for _ in range(6):
        QTest.keyClick(QApplication.focusWidget() or fields, Qt.Key.Key_Tab)
        seen.append(fields.focusWidget().accessibleName())
    assert seen == [
        "authority", "Choose the authority file", "certificate", "Choose the certificate file", "key",
        "Choose the key file",
    ]  # fmt: skip


def test_the_form_gives_the_certificates_to_the_cluster(qtbot, monkeypatch):
    form = SettingsForm(find("luck"), ())
    qtbot.addWidget(form)
    form.set_place({"dask": ADDRESS})
    with pytest.raises(StudioError, match="needs certificates"):
        form.factory()
    name_files(form.cluster)
    asked = []
    monkeypatch.setattr("cnnstudio.runtime.cluster.cluster", lambda *what: asked.append(what))
    form.factory()
    assert asked == [(ADDRESS, form.cluster.certificates())]
    assert form.place() == {"workers": 0, "dask": ADDRESS}


def test_the_small_window_grows_with_what_is_asked_for(qtbot):
    form = SettingsForm(find("luck"), ())
    qtbot.addWidget(form)
    form.more.fit()
    small_px = form.more.height()
    form.set_place({"dask": ADDRESS})
    assert form.more.height() > small_px
    assert form.more.height() >= form.more.heightForWidth(form.more.width())
    form.set_place({"dask": ""})
    assert form.more.height() == small_px
