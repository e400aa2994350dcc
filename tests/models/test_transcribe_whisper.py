"""The real faster-whisper on a tiny model whose words depend on the sound."""

from __future__ import annotations

import ctranslate2
import numpy as np
import pytest

from audio.recording import Channel
from audio.timeline import Span
from models.errors import DamagedWeights, DeviceUnusable
from models.transcribe_whisper import WhisperTranscriber
from tests.tiny_whisper import build, tone

WORD_TOLERANCE_S = 1.0  # word borders fall half-way between tones that lie 2 s apart


@pytest.fixture(scope="module")
def transcriber(tmp_path_factory):
    return WhisperTranscriber(build(tmp_path_factory.mktemp("weights") / "tiny"), device="cpu", compute_type="float32")


def channel_with(words, total_s, *, rate_hz=16000):
    sound = sum(tone(word, at_s, total_s, rate_hz=rate_hz) for word, at_s in words)
    return Channel(0, np.asarray(sound, dtype=np.float32), rate_hz)


def heard(recognised):
    return [w.text for w in recognised.words]


def assert_near(recognised, words):
    for word, (text, at_s) in zip(recognised.words, words, strict=True):
        assert word.text == text
        assert word.span.start_s - WORD_TOLERANCE_S <= at_s + 0.25 <= word.span.end_s + WORD_TOLERANCE_S


@pytest.mark.parametrize("rate_hz", [8000, 16000])
def test_words_are_those_of_the_sound_at_their_second(transcriber, rate_hz):
    said = [("hello", 1.0), ("wait", 3.0), ("thanks", 6.5)]
    recognised = transcriber.transcribe(channel_with(said, 9, rate_hz=rate_hz), [Span(0.5, 8.5)], language="en")
    assert_near(recognised, said)


def test_the_language_is_heard_when_nobody_tells(transcriber):
    french = channel_with([("bonjour", 1.0), ("voilà", 3.0), ("merci", 5.0)], 7)
    recognised = transcriber.transcribe(french, [Span(0.5, 6.5)], language=None)
    assert recognised.language == "fr" and recognised.language_confidence > 0.5
    assert heard(recognised) == ["bonjour", "voilà", "merci"]


def test_windows_far_apart_keep_their_call_time(transcriber):
    said = [("hello", 2.0), ("goodbye", 70.0)]
    recognised = transcriber.transcribe(channel_with(said, 75), [Span(1.5, 3), Span(69.5, 71)], language="en")
    assert_near(recognised, said)


def test_sound_outside_the_speech_regions_gives_no_word(transcriber):
    said = [("hello", 1.0), ("wait", 6.0)]
    recognised = transcriber.transcribe(channel_with(said, 9), [Span(0.5, 3.0)], language="en")
    assert heard(recognised) == ["hello"]


def test_no_speech_no_words(transcriber):
    recognised = transcriber.transcribe(channel_with([("hello", 1.0)], 3), [], language="en")
    assert recognised.words == ()


def test_progress_reaches_the_end(transcriber):
    shares = []
    channel = channel_with([("hello", 1.0)], 3)
    transcriber.transcribe(channel, [Span(0.5, 2.5)], language="en", on_progress=shares.append)
    assert shares[-1] == 1.0


def test_a_second_leg_that_started_later_is_placed_in_call_time(transcriber):
    late = Channel(1, channel_with([("please", 1.0)], 4).samples, 16000, start_s=10.0)
    recognised = transcriber.transcribe(late, [Span(10.5, 13.0)], language="en")
    assert 10.0 <= recognised.words[0].span.start_s <= 12.0


def test_a_folder_without_weights_is_one_clear_error(tmp_path):
    with pytest.raises(DamagedWeights, match=r"store\.unloadable"):
        WhisperTranscriber(tmp_path, device="cpu")


@pytest.mark.parametrize("content", ["[]", "null", "7", "{", ""])
def test_a_config_that_is_no_object_is_refused_before_any_call(tmp_path, content):
    folder = build(tmp_path / "tiny")
    (folder / "config.json").write_text(content)
    with pytest.raises(DamagedWeights, match=r"store\.unloadable"):
        WhisperTranscriber(folder, device="cpu", compute_type="float32")


def test_hotwords_are_a_hint_and_change_no_time(transcriber):
    said = [("hello", 1.0), ("wait", 3.0), ("thanks", 5.0)]
    channel, speech = channel_with(said, 7), [Span(0.5, 6.5)]
    plain = transcriber.transcribe(channel, speech, language="en")
    hinted = transcriber.transcribe(
        channel, speech, language="en", hotwords={"en": ["hello", "please"], "fr": ["merci"]}
    )
    assert [(w.text, w.span) for w in hinted.words] == [(w.text, w.span) for w in plain.words]


def test_hotwords_reach_the_model(transcriber, monkeypatch):
    heard_with = []
    asked = transcriber._pipeline.transcribe
    monkeypatch.setattr(
        transcriber._pipeline, "transcribe", lambda sound, **k: (heard_with.append(k["hotwords"]), asked(sound, **k))[1]
    )
    channel = channel_with([("bonjour", 1.0)], 3)
    transcriber.transcribe(channel, [Span(0.5, 2.5)], language="fr", hotwords={"fr": ["Hexanet", "box"], "en": ["x"]})
    assert heard_with == ["Hexanet, box"]


def test_short_turns_far_apart_share_a_window(transcriber, monkeypatch):
    n_windows = []
    asked = transcriber._pipeline.transcribe
    monkeypatch.setattr(
        transcriber._pipeline,
        "transcribe",
        lambda sound, **k: (n_windows.append(len(k["clip_timestamps"])), asked(sound, **k))[1],
    )
    channel = channel_with([("hello", 1.0), ("wait", 40.0), ("thanks", 80.0)], 90)
    speech = [Span(0.5, 2.0), Span(39.5, 41.0), Span(79.5, 81.0)]
    assert heard(transcriber.transcribe(channel, speech, language="en")) == ["hello", "wait", "thanks"]
    assert n_windows == [1]


def test_a_gpu_that_does_not_work_is_left_and_said_so(tmp_path, monkeypatch):
    if ctranslate2.get_cuda_device_count():
        pytest.skip("this machine has a GPU that works")
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    listener = WhisperTranscriber(build(tmp_path / "tiny"), device="auto")
    recognised = listener.transcribe(channel_with([("hello", 1.0)], 3), [Span(0.5, 2.5)], language="en")
    assert heard(recognised) == ["hello"] and listener.name.endswith("int8")
    assert [note.code for note in recognised.notes] == ["store.gpu_unused"]


def test_a_gpu_that_was_ordered_and_does_not_work_is_an_error_about_the_gpu(tmp_path):
    if ctranslate2.get_cuda_device_count():
        pytest.skip("this machine has a GPU that works")
    with pytest.raises(DeviceUnusable, match=r"store\.gpu_unusable"):
        WhisperTranscriber(build(tmp_path / "tiny"), device="cuda")


def test_damaged_weights_are_not_blamed_on_the_gpu(tmp_path):
    folder = build(tmp_path / "tiny")
    (folder / "model.bin").write_bytes(b"x" * 100)
    with pytest.raises(DamagedWeights, match=r"store\.unloadable"):
        WhisperTranscriber(folder, device="cuda")
