"""The benchmark's arithmetic on synthetic numbers, and one short row through real processes."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.contenders import TABLE
from benchmarks.figures import Samples, best, judge, middle, ratio
from benchmarks.harness import Settings, run_row
from benchmarks.job import Job
from benchmarks.rows import ROWS
from benchmarks.rows.row import Bar, Cap, Row

ONE_SHORT_ROUND = Settings(rounds=1, seconds=0.02, warmup=0.0)


def row_with(*bars: Bar | Cap, less_is_better: bool = False) -> Row:
    pingpong: Row = ROWS["pingpong"]
    return dataclasses.replace(pingpong, bars=bars, less_is_better=less_is_better)


def samples_of(**figures: list[float | None]) -> Samples:
    return Samples(figures=figures, extras={}, notes={})


def test_the_ratio_is_taken_inside_each_round_and_not_between_medians() -> None:
    assert ratio([1, 20, 300], [2, 10, 100]) == 2
    assert middle([1, 20, 300]) == 20


def test_a_failed_sample_takes_its_round_out_of_the_ratio() -> None:
    assert ratio([1, None, 9], [2, 10, 3]) == 1.75
    assert ratio([None, None], [1, 1]) is None
    assert ratio([1, 1], [None, None]) is None


def test_the_best_rival_is_chosen_anew_in_each_round() -> None:
    assert best([[1, 5, None], [2, 3, None]], less_is_better=False) == [2, 5, None]
    assert best([[1, 5, None], [2, 3, 7]], less_is_better=True) == [1, 3, 7]


@pytest.mark.parametrize(("ours", "word"), [(9.0, "OK"), (8.9, "BELOW")])
def test_a_bar_is_met_at_its_limit_and_not_below(ours: float, word: str) -> None:
    [verdict] = judge(row_with(Bar("ours", ("peer",), 0.9)), samples_of(ours=[ours], peer=[10.0]))
    assert verdict.word == word


@pytest.mark.parametrize(("ours", "word"), [(8.0, "OK"), (8.1, "BELOW")])
def test_where_less_is_better_the_limit_is_the_most_that_is_allowed(ours: float, word: str) -> None:
    row = row_with(Bar("ours", ("peer",), 0.8), less_is_better=True)
    [verdict] = judge(row, samples_of(ours=[ours], peer=[10.0]))
    assert verdict.word == word


def test_a_cap_holds_the_median_of_an_extra_figure() -> None:
    samples = Samples(figures={"ours": [1, 1, 1]}, extras={"ours": {"KiB": [7, 8, 90]}}, notes={})
    [verdict] = judge(row_with(Cap("ours", "KiB", 8)), samples)
    assert (verdict.value, verdict.word) == (8, "OK")


def test_a_bar_whose_contender_did_not_run_is_neither_met_nor_missed() -> None:
    [verdict] = judge(row_with(Bar("ours", ("peer",), 0.9)), samples_of(peer=[1.0]))
    assert (verdict.word, verdict.passed) == ("NOT MEASURED", False)


def test_a_job_reads_back_what_it_wrote() -> None:
    job = Job(size=64, pieces=16, tls=True, address=("127.0.0.1", 5), directory="/x")
    assert Job.from_json(job.to_json()) == job


@pytest.mark.parametrize("name", ROWS)
def test_every_row_has_peers_that_the_table_knows(name: str) -> None:
    row = ROWS[name]
    assert set(row.peers) <= set(TABLE)
    assert {part.contender for part in row.parts if part.contender} <= set(TABLE)
    assert all(set(bar.against) <= set(row.peers) for bar in row.bars if isinstance(bar, Bar))


@pytest.mark.slow
def test_a_quick_run_prints_a_table_and_writes_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "new" / "figures.json"
    arguments = ["pingpong-pollloop", "--quick", "--contenders", "epoll,raw", "--json", str(report)]
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert re.search(r"^epoll +[\d,.]+ +1\.00 ", shown, re.MULTILINE)
    assert "NOT MEASURED" in shown
    written = json.loads(report.read_text())
    assert written["machine"]["python"].startswith("CPython 3.")
    contenders = written["rows"]["pingpong-pollloop"]["contenders"]
    assert set(contenders) == {"epoll", "raw"}
    assert all(len(one["samples"]) == 1 and one["median"] > 100 for one in contenders.values())


@pytest.mark.slow
def test_a_contender_that_fails_is_named_with_its_reason_and_the_other_goes_on(tmp_path: Path) -> None:
    row = dataclasses.replace(ROWS["pingpong"], peers=("raw", "ssl-socket"), bars=())
    row = dataclasses.replace(row, work={"size": 64, "tls": True})  # no certificate in tmp_path
    samples = run_row(row, ONE_SHORT_ROUND, tmp_path)
    assert samples.figures["ssl-socket"] == [None]
    assert "FileNotFoundError" in samples.notes["ssl-socket"] or "ended" in samples.notes["ssl-socket"]
    assert samples.figures["raw"][0] is not None


def test_strict_turns_a_bar_that_is_not_met_into_the_exit_status() -> None:
    arguments = ["pingpong", "--quick", "--strict", "--contenders", "nobody"]
    assert main(arguments) == 1
    assert main(arguments[:2] + arguments[3:]) == 0


def test_an_unknown_row_is_refused_with_the_rows_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["pongping"])
    assert "unknown row 'pongping': known are pingpong, " in capsys.readouterr().err
