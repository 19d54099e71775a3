"""The report of a check, as text for a terminal and as data for programs."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from training.checks.coverage import Coverage
from training.checks.findings import LEVELS, SHOWN, Example, Finding, number
from training.checks.lengths import Lengths
from training.checks.of_task import Part
from training.checks.table import NAMES, Table

_BAR = 40  # characters of the longest bar


@dataclass(frozen=True)
class Report:
    """All that was found, the most serious first, and what was measured.

    `unreadable` says of each file that could not be read, why; `tokens` what a token is here.
    """

    table: Table
    task: Part
    findings: list[Finding]
    lengths: list[Lengths]
    tokens: str
    coverage: list[Coverage]
    unreadable: dict[str, str]

    def status(self, *, strict: bool = False) -> int:
        """The exit status: 0 clean, 1 findings, 2 where a file could not be read."""
        if self.unreadable:
            return 2
        serious = LEVELS[: 2 if strict else 1]
        return int(any(found.level in serious for found in self.findings))


def text(report: Report, *, with_text: bool = True) -> str:
    """Write the report for people; without `with_text` it quotes nothing of the data's texts."""
    sections = [
        _files(report.table),
        list(report.task.lines(report.table)),
        _lengths(report),
        [_covered(part, with_text) for part in report.coverage],
        [line for found in report.findings for line in _finding(found, with_text)],
        [_unreadable(*each, with_text) for each in report.unreadable.items()],
        [_summary(report)],
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def as_json(report: Report, *, with_text: bool = True) -> str:
    """Write the report as one JSON object, with the same care for texts."""
    data = {
        "files": [
            {"path": str(file.path), "part": file.part, "rows": len(file.rows.texts)}
            for file in report.table.sources
        ],
        report.task.name: report.task.described(report.table),
        "findings": [_finding_data(found, with_text) for found in report.findings],
        "lengths": [asdict(part) | {"tokens": report.tokens} for part in report.lengths],
        "coverage": [
            asdict(part) | ({} if with_text else {"unknown": []}) for part in report.coverage
        ],
        "unreadable": [
            {"path": path, "message": message if with_text else _HIDDEN}
            for path, message in report.unreadable.items()
        ],
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


_HIDDEN = "cannot be read; why may quote a row, and is told without --no-text"


def _finding_data(found: Finding, with_text: bool) -> dict[str, Any]:
    examples = [
        {
            "rows": [
                {"path": str(place.path), "line": place.line}
                | ({} if place.label is None else {"label": place.label})
                for place in example.places
            ],
            "detail": example.detail,
        }
        | ({"excerpt": example.excerpt} if with_text else {})
        for example in found.examples
    ]
    return {**asdict(found), "examples": examples}


def _files(table: Table) -> list[str]:
    names = table.label_names if len(table.label_names) <= SHOWN else ()
    width = max((len(file.path.name) for file in table.sources), default=0)
    columns = "".join(f"{name:>12}" for name in names)
    lines = [f"{'':13}{'':{width}}{'rows':>10}{columns}"]
    for index, file in enumerate(table.sources):
        labels = table.labels[table.files == index]
        counts = "".join(f"{(labels == label).sum():>12,}" for label in range(len(names)))
        if file.rows.labels is None:
            counts = ""
        lines.append(f"{file.part:13}{file.path.name:{width}}{len(labels):>10,}{counts}")
    return lines


def _lengths(report: Report) -> list[str]:
    if not report.lengths:
        return []
    first = report.lengths[0]
    lines = [f"Lengths of the {NAMES[first.part]} in tokens ({report.tokens})", ""]
    widest = max(share for _, _, share in first.histogram)
    for low, high, share in first.histogram:
        bar = "█" * round(share / widest * _BAR)
        length = f"{low:,}-{high:,}" if low < high else f"{low}"
        lines.append(f"{length:>13} {share:6.1%} {bar}".rstrip())
    lines += ["", f"  {'longer than':24}" + "".join(f"{part.part:>12}" for part in report.lengths)]
    for timesteps in first.cut:
        shares = "".join(f"{part.cut[timesteps]:>12.1%}" for part in report.lengths)
        lines.append(f"  {timesteps:>10} timesteps    {shares}")
    for row in ("median", "longest", "sample"):
        values = "".join(f"{getattr(part, row):>12,}" for part in report.lengths)
        lines.append(f"  {row:24}{values}")
    return lines


def _covered(part: Coverage, with_text: bool) -> str:
    missing = f"; not {', '.join(part.unknown)}" if part.unknown and with_text else ""
    return f"{part.source} knows {part.known:.1%} of the words of the {NAMES[part.part]}{missing}"


def _finding(found: Finding, with_text: bool) -> Iterator[str]:
    yield f"{found.level.upper():8} {found.title}  [{found.check}]"
    for example in found.examples:
        yield f"         - {_example(example, with_text)}"
    if found.mend:
        yield f"         > {found.mend}"
    yield ""


def _example(example: Example, with_text: bool) -> str:
    places = " = ".join(map(str, example.places))
    detail = f" ({example.detail})" if example.detail else ""
    quoted = f'"{example.excerpt}"' if example.excerpt and with_text else ""
    return ": ".join(filter(None, (places + detail, quoted)))


def _unreadable(path: str, message: str, with_text: bool) -> str:
    return f"UNREADABLE {message if with_text else f'{path}: {_HIDDEN}'}"


def _summary(report: Report) -> str:
    counts = [sum(found.level == level for found in report.findings) for level in LEVELS]
    listed = ", ".join(number(n, level) for n, level in zip(counts, LEVELS, strict=True))
    unread = f", {number(len(report.unreadable), 'file')} not read" if report.unreadable else ""
    read = number(len(report.table.sources), "file")
    return f"{read}, {number(len(report.table), 'row')}: {listed}{unread}."
