"""Which earlier results an agent is read against, and which are not theirs, not earlier, or not ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.metallic_baseline import BASELINE_CALLS, CallKind
from service.baselines import MOST_WINDOWS, Earlier, earlier_calls, started_at_s
from tests.service.earlier_results import KEY, finding, lively_windows, result

KIND = CallKind("fr", "two channels, narrow", "nuclei")
NOW_S = datetime(2026, 4, 1, tzinfo=UTC).timestamp()


def twelve() -> list:
    return [result(i) for i in range(1, 13)]


def test_twelve_calls_of_the_same_agent_make_a_baseline_near_their_middle() -> None:
    baseline = Earlier(earlier_calls(twelve(), "Camille"), NOW_S).baseline(KIND)
    assert baseline.n_calls == 12 >= BASELINE_CALLS and baseline.version.startswith("1/")
    assert baseline.norms["pitch_spread"].median == pytest.approx(2.8, rel=0.05)
    assert baseline.norms["syllable_npvi"].median == pytest.approx(44.0, rel=0.05)


@pytest.mark.parametrize("name", ["camille", " Camille ", "CAMILLE"])
def test_letter_case_and_blanks_make_no_other_agent(name: str) -> None:
    assert len(earlier_calls(twelve(), name)) == 12


@pytest.mark.parametrize("name", ["", " ", "Camil", "Dominique"])
def test_another_agent_or_nobody_has_none(name: str) -> None:
    nameless = [result(1, agent=""), result(2, agent="  ")]
    assert earlier_calls([*twelve(), *nameless], name) == ()


def test_what_can_not_be_the_agents_measured_voice_is_left_out() -> None:
    assumed, old, undated = result(1, decided_by="assumed"), result(2, metallic=False), result(3, started_at="in March")
    windowless = result(4).model_copy(update={"metallic": {"agent": finding(())}})
    customers = result(5).model_copy(update={"metallic": {"customer": finding(lively_windows(5))}})
    assert earlier_calls([assumed, old, undated, windowless, customers], "Camille") == ()


def test_a_recording_analysed_twice_counts_once() -> None:
    again = result(1).model_copy(update={"call": result(1).call.model_copy(update={"name": "again"})})
    assert len(earlier_calls([*twelve(), again], "Camille")) == 12


def test_only_earlier_calls_in_the_same_language_band_and_count_compare() -> None:
    calls = earlier_calls(twelve(), "Camille")
    fifth_s = datetime(2026, 3, 5, 9, tzinfo=UTC).timestamp()
    assert Earlier(calls, fifth_s).baseline(KIND).n_calls == 4
    assert Earlier(calls, None).baseline(KIND).n_calls == 0
    for change in ({"language": "en"}, {"channel_class": "two channels, wide"}, {"syllables": "words"}):
        assert Earlier(calls, NOW_S).baseline(replace(KIND, **change)).n_calls == 0
        others = [result(i, compared=KEY.model_copy(update=change)) for i in range(1, 13)]
        assert Earlier(earlier_calls(others, "Camille"), NOW_S).baseline(KIND).n_calls == 0


def test_an_unknown_language_or_band_compares_with_nothing_not_even_itself() -> None:
    for change in ({"language": ""}, {"channel_class": ""}):
        others = [result(i, compared=KEY.model_copy(update=change)) for i in range(1, 13)]
        found = Earlier(earlier_calls(others, "Camille"), NOW_S).baseline(replace(KIND, **change))
        assert found.n_calls == 0 and found.norms == {}


def test_values_no_voice_gives_and_names_we_do_not_know_are_dropped() -> None:
    mad = ({"pitch_spread": 1e308, "rate_cv": -0.5, "syllable_npvi": 44.0, "a_name": 1.0},) * (MOST_WINDOWS + 5)
    odd = result(1).model_copy(update={"metallic": {"agent": finding(mad)}})
    (call,) = earlier_calls([odd], "Camille")
    assert len(call.windows) == MOST_WINDOWS
    assert call.windows[0] == {
        "pitch_spread": None,
        "loudness_spread": None,
        "rate_cv": None,
        "final_contour_entropy": None,
        "syllable_npvi": 44.0,
    }


WRITTEN = [
    ("2026-11-20T18:04:05", 18 * 3600 + 4 * 60 + 5),
    ("2026-11-20T18-04-05", 18 * 3600 + 4 * 60 + 5),
    ("2026-11-20 18:04", 18 * 3600 + 4 * 60),
    (" 2026-11-20 ", 0),
    ("2026-11-20T18:04:05.250Z", 18 * 3600 + 4 * 60 + 5),
    ("2026-11-20T18:04:05+01:00", 17 * 3600 + 4 * 60 + 5),
    ("2026-11-20T18-04-05-0500", 23 * 3600 + 4 * 60 + 5),
]


@pytest.mark.parametrize(("written", "of_day_s"), WRITTEN)
def test_times_as_recorders_and_people_write_them(written: str, of_day_s: int) -> None:
    assert started_at_s(written) == datetime(2026, 11, 20, tzinfo=UTC).timestamp() + of_day_s


@pytest.mark.parametrize(
    "written", ["", "yesterday", "20/11/2026", "2026-13-01", "2026-11-20T25:00", "0001-01-01T00:00+14:00", "٢٠٢٦-١١-٢٠"]
)
def test_anything_else_is_no_time(written: str) -> None:
    assert started_at_s(written) is None


@given(
    at=st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2200, 1, 1)),
    minutes=st.integers(-14 * 60, 14 * 60),
)
def test_any_iso_time_is_read_to_the_second(at: datetime, minutes: int) -> None:
    aware = at.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    assert started_at_s(aware.isoformat()) == aware.timestamp()


@given(st.text(max_size=40))
def test_no_text_breaks_it(written: str) -> None:
    found = started_at_s(written)
    assert found is None or isinstance(found, float)
