"""What a centre needs: the arithmetic, the figures it rests on, and the page that plans a hundred thousand calls."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.archive.sampling import read_sample
from service.demo.site import shipped_calls
from service.errors import ServiceError
from service.planning import PUBLISHED, SCHEMA, Centre, measured, planned, read_figures, write_figures
from service.settings import Settings
from tests.calls import REPOSITORY, read_json, timbre

BIG = Centre(seats=2500, calls_per_day=40)


@given(st.integers(1, 5000), st.floats(1, 200), st.floats(1, 60), st.sampled_from(["all", "0.1", "5/week"]))
def test_more_to_listen_to_never_needs_less(seats, calls, minutes, sample):
    centre = Centre(seats, calls, minutes, read_sample(sample))
    small, big = planned(centre, PUBLISHED), planned(replace(centre, seats=2 * seats), PUBLISHED)
    assert 0 < small.core_hours < big.core_hours and 1 <= small.cores <= big.cores <= 2 * small.cores
    assert small.calls_per_night <= seats * calls and big.recordings_gb == pytest.approx(2 * small.recordings_gb)
    assert small.cores_beside_gpus <= small.cores


def test_an_hour_by_hand():
    figures = replace(PUBLISHED, analysis=0.04, copy=0.01, words=0.15, gpu_words=0.01, cores=2)
    found = planned(Centre(seats=10, calls_per_day=60, minutes=6, night_h=4, audio_days=70, kbit_s=100), figures)
    assert (found.calls_per_night, found.audio_hours, found.core_hours) == (600, 60, pytest.approx(12.0))
    assert (found.cores, found.cores_beside_gpus, found.gpus) == (4, 1, 1)  # 12, 3 and 0.6 hours in 3.4
    assert found.recordings_gb == pytest.approx(60 * 3600 * 50 * (100 + figures.copy_kbit_s) / 8e6)


def test_the_page_says_what_the_figures_say():
    page = (REPOSITORY / "docs" / "planning.md").read_text(encoding="utf-8")
    english, _, french = page.partition("# Prévoir")
    said = {
        "core hours": planned(BIG, PUBLISHED).core_hours,
        "cores": planned(BIG, PUBLISHED).cores,
        "quiet": planned(replace(BIG, transcribed=False), PUBLISHED).cores,
        "sampled": planned(replace(BIG, sample=read_sample("5/week")), PUBLISHED).core_hours,
    }
    for text, thousand in ((english, ","), (french, " ")):
        plain = re.sub(rf"(?<=\d){thousand}(?=\d{{3}})", "", text)
        assert all(re.search(rf"\b{number:.0f}\b", plain) for number in said.values())
        for value in (PUBLISHED.analysis, PUBLISHED.copy, PUBLISHED.words, PUBLISHED.copy_kbit_s):
            assert str(value) in text.replace(",", ".")
        assert PUBLISHED.date in text and PUBLISHED.machine in text


def run(tmp_path, *more):
    env = {"TIMBRE_DATA_DIR": str(tmp_path / "data"), "TIMBRE_TRANSCRIBER": "none"}
    return timbre("plan", "--seats", "300", "--calls-per-day", "40", *more, env=env)


def test_without_figures_it_says_whose_it_uses(tmp_path):
    ran = run(tmp_path, "--sample", "5/week", "--json", tmp_path / "plan.json", "--lang", "en")
    assert (
        ran.code == 0 and "published" in ran.out and PUBLISHED.machine in ran.out and not (tmp_path / "data").exists()
    )
    told = read_json(tmp_path / "plan.json")
    assert told["plan"]["calls_per_night"] == 300 and told["centre"]["sample"] == "5/week"
    assert "300 appels" in run(tmp_path, "--sample", "5/week", "--lang", "fr").out


def test_figures_of_a_machine_are_used_and_kept_whole(tmp_path):
    path = tmp_path / "own.json"
    write_figures(replace(PUBLISHED, machine="Ours\x1b[2J", words=None, gpu_words=0.01), path)
    assert read_figures(path).gpu_words == 0.01
    ran = run(tmp_path, "--bench", path, "--lang", "en")
    assert "Ours" in ran.out and "\x1b" not in ran.out and "no recogniser" in ran.out and "With GPUs" in ran.out


@pytest.mark.parametrize(
    "change",
    [{"analysis": "fast"}, {"cores": 0}, {"words": -1}, {"copy": 1e9}, {"schema_version": "x"}, {"more": 1}, None],
)
def test_a_file_that_holds_no_figures_is_one_sentence(tmp_path, change):
    path = tmp_path / "own.json"
    told = {"schema_version": SCHEMA, **asdict(PUBLISHED)}
    path.write_text("[" * 9999 if change is None else json.dumps({**told, **change}))
    with pytest.raises(ServiceError):
        read_figures(path)
    for more in (["--bench", path], ["--bench", tmp_path / "gone"], ["--sample", "x"]):
        ran = run(tmp_path, *more)
        assert ran.code == 2 and ran.err.count("\n") == 1


@pytest.mark.slow
def test_measuring_gives_every_figure_that_can_be_had_here():
    figures = measured(Settings(transcriber="none"), shipped_calls()[1:2])
    assert 0 < figures.copy < figures.analysis < 10 and figures.documents_kbit_s < figures.copy_kbit_s < 100
    assert (figures.words, figures.gpu_words, figures.model) == (None, None, "") and figures.machine
