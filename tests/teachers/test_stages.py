"""Files of stages appear whole or not at all."""

import pytest

pytest.importorskip("torch", reason="make .venv/.teachers installs what teachers/ needs")


def test_a_stage_that_fails_leaves_no_file(tmp_path):
    from teachers.stages import _replacing

    def fails(path):
        path.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _replacing(tmp_path / "whole.parquet", fails)
    assert not (tmp_path / "whole.parquet").exists()
    _replacing(tmp_path / "whole.parquet", lambda path: path.write_text("all"))
    assert (tmp_path / "whole.parquet").read_text() == "all"
