"""A benchmark of no round, no row or no second is refused at once."""

import pytest

from benchmarks import quality, scoring


@pytest.mark.parametrize(
    ("command", "options"),
    [
        (quality, ["--data", "somewhere", "--rounds", "0"]),
        (scoring, ["--rows", "-5"]),
        (scoring, ["--workers", "many"]),
    ],
)
def test_counts_are_one_or_more(command, options, capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(options)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert f"{options[-1]}: 1 or more is wanted" in said or f"'{options[-1]}'" in said
