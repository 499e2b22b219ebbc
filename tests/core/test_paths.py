from pathlib import Path

from cnnstudio.core import paths


def test_the_shipped_files_are_found():
    assert (paths.resources() / "lessons").is_dir()


def test_one_variable_moves_all_of_the_users_folders(monkeypatch, tmp_path):
    monkeypatch.setenv("CNNSTUDIO_HOME", str(tmp_path))
    folders = [
        paths.config_folder(),
        paths.study_folder(),
        paths.cache_folder(),
        paths.data_folder(),
        paths.log_folder(),
    ]
    assert all(tmp_path in folder.parents for folder in folders)
    assert len(set(folders)) == len(folders)


def test_without_it_the_systems_own_folders_are_used(monkeypatch):
    monkeypatch.delenv("CNNSTUDIO_HOME", raising=False)
    assert "CNN Studio" in str(paths.study_folder())


def test_stored_data_are_named_for_this_process_and_those_that_it_starts(tmp_path, monkeypatch):
    monkeypatch.delenv("CNNSTUDIO_DATA", raising=False)
    paths.name_stored_data(None)
    assert paths.stored_data() is None
    monkeypatch.setenv("CNNSTUDIO_DATA", str(tmp_path / "before"))
    assert paths.stored_data() == tmp_path / "before"
    monkeypatch.chdir(tmp_path)
    paths.name_stored_data(Path("data"))
    assert paths.stored_data() == tmp_path / "data"
    paths.name_stored_data(None)
    assert paths.stored_data() == tmp_path / "data"
