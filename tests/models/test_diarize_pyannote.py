"""The pyannote adapter: what it says without its extra or weights, and, with the extra, a real small pipeline."""

from __future__ import annotations

import importlib.util
import os
import socket
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml

from audio.errors import BadParameter
from audio.recording import Channel
from audio.timeline import Span, intersect, merge, total_s
from models import diarize_pyannote
from models.diarize_pyannote import DiarizerUnavailable, PyannoteDiarizer
from service.say import LANGS, Say

RATE_HZ = 16000
HAS_EXTRA = importlib.util.find_spec("pyannote") is not None and importlib.util.find_spec("pyannote.audio") is not None
needs_extra = [
    pytest.mark.pyannote,
    pytest.mark.skipif(not HAS_EXTRA, reason="the pyannote extra is not installed"),
    pytest.mark.filterwarnings("default"),  # the library and its dependencies warn at import: theirs to mend
]
SECRET = "hf_" + "x" * 30


class Gated(Exception):
    pass


Gated.__name__ = "GatedRepoError"


@pytest.fixture
def with_library(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A stand-in for the library's module, for the paths of failure that need no weights."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())

    def offer(load: Any) -> None:
        library = SimpleNamespace(__version__="4.0", Pipeline=SimpleNamespace(from_pretrained=load))
        monkeypatch.setattr(diarize_pyannote, "_library", lambda: library)

    return offer


def refusal(**weights: Any) -> DiarizerUnavailable:
    with pytest.raises(DiarizerUnavailable) as refused:
        PyannoteDiarizer(**weights)
    for lang in LANGS:
        sentence = Say(lang)(refused.value.note)
        assert sentence.count(".  ") == 0 and sentence.endswith(".")
        assert SECRET not in sentence
    return refused.value


@pytest.mark.skipif(HAS_EXTRA, reason="the pyannote extra is installed")
def test_without_the_extra_one_sentence_names_it() -> None:
    refused = refusal(token=SECRET)
    assert refused.note.code == "diarize.pyannote_not_installed"
    assert all("timbre[pyannote]" in Say(lang)(refused.note) for lang in LANGS)
    assert "torch" not in sys.modules


@pytest.mark.parametrize("token", [None, "", "not-a-hub-token"])
def test_without_weights_it_says_where_they_come_from(token: str | None, with_library: Any) -> None:
    assert refusal(token=token).note.code == "diarize.pyannote_no_weights"


def test_a_folder_without_a_pipeline_is_refused_without_naming_it(tmp_path: Path, with_library: Any) -> None:
    refused = refusal(folder=tmp_path)
    assert refused.note.code == "diarize.pyannote_folder_incomplete"
    assert str(tmp_path) not in str(refused)


@pytest.mark.parametrize(
    ("raised", "code"),
    [(Gated(), "diarize.pyannote_gated"), (OSError("no route"), "diarize.pyannote_unreachable")],
)
def test_gated_and_unreachable_weights_are_told_apart(raised: Exception, code: str, with_library: Any) -> None:
    def load(*_: Any, **__: Any) -> None:
        raise raised

    with_library(load)
    refused = refusal(token=SECRET)
    assert refused.note.code == code
    assert SECRET not in str(refused)


def test_a_pipeline_that_comes_back_empty_counts_as_gated(with_library: Any) -> None:
    with_library(lambda *_, **__: None)
    assert refusal(token=SECRET).note.code == "diarize.pyannote_gated"


def test_a_folder_that_the_library_can_not_read_is_refused(tmp_path: Path, with_library: Any) -> None:
    (tmp_path / "config.yaml").write_text("nothing: here")

    def load(*_: Any, **__: Any) -> None:
        raise KeyError("pipeline")

    with_library(load)
    assert refusal(folder=tmp_path).note.code == "diarize.pyannote_folder_unusable"


def test_a_library_that_fails_to_import_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())

    def broken(name: str) -> None:
        raise OSError("undefined symbol")

    monkeypatch.setattr(diarize_pyannote.importlib, "import_module", broken)
    assert refusal(token=SECRET).note.code == "diarize.pyannote_broken"


def test_the_token_is_never_shown() -> None:
    assert SECRET not in repr(diarize_pyannote._Weights(None, SECRET, "a model", None))


class Tracks:
    """The one method of an annotation that is read."""

    def __init__(self, *tracks: tuple[float, float, str]) -> None:
        self.tracks = tracks

    def itertracks(self, *, yield_label: bool) -> Any:
        assert yield_label
        return ((SimpleNamespace(start=a, end=b), "track", label) for a, b, label in self.tracks)


CHANNEL = Channel(0, np.zeros(10 * RATE_HZ, dtype=np.float32), RATE_HZ, start_s=100.0)
SPEECH = [Span(100.0, 104.0), Span(105.0, 109.0)]


@pytest.mark.parametrize("wrap", [lambda a: a, lambda a: SimpleNamespace(speaker_diarization=a)])
def test_tracks_become_disjoint_spans_inside_the_speech_in_call_time(wrap: Any) -> None:
    output = wrap(Tracks((5.0, 9.5, "B"), (0.5, 5.5, "A"), (2.0, 2.0, "A")))
    found = diarize_pyannote._diarization(output, CHANNEL, SPEECH, "source")
    assert found.spans == {"speaker_0": [Span(100.5, 104.0)], "speaker_1": [Span(105.5, 109.0)]}
    assert found.together == (Span(105.0, 105.5),)


def test_speech_of_several_at_once_is_nobodys_and_said() -> None:
    output = Tracks((0, 3, "A"), (2, 4, "B"), (5, 7, "A"), (5.5, 6, "B"), (5.8, 6.5, "C"))
    found = diarize_pyannote._diarization(output, CHANNEL, SPEECH, "source")
    assert found.together == (Span(102, 103), Span(105.5, 106.5))
    assert found.spans == {
        "speaker_0": [Span(100, 102), Span(105, 105.5), Span(106.5, 107)],
        "speaker_1": [Span(103, 104)],
    }
    (note,) = found.notes
    assert note.code == "diarize.together" and note.params["total_s"] == pytest.approx(2.0)
    for lang in LANGS:
        assert "2" in Say(lang)(note)


def test_the_exclusive_annotation_is_preferred() -> None:
    output = SimpleNamespace(
        speaker_diarization=Tracks((0, 4, "A"), (5, 6, "B")),
        exclusive_speaker_diarization=Tracks((0, 2, "A"), (2, 4, "B")),
    )
    found = diarize_pyannote._diarization(output, CHANNEL, SPEECH, "source")
    assert found.spans == {"speaker_0": [Span(100, 102)], "speaker_1": [Span(102, 104)]}


def test_nobody_found_is_said() -> None:
    found = diarize_pyannote._diarization(Tracks(), CHANNEL, SPEECH, "source")
    assert (found.spans, found.notes[0].code) == ({}, "diarize.no_speaker_found")


def small_pipeline(folder: Path) -> Path:
    """A pipeline of the library's own classes with small random weights, laid out as the published ones are."""
    import torch
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.embedding import XVectorMFCC
    from pyannote.audio.models.segmentation import PyanNet

    torch.manual_seed(0)
    lstm = {"hidden_size": 8, "num_layers": 1, "bidirectional": True, "monolithic": True}
    segmentation = PyanNet(lstm=lstm, linear={"hidden_size": 8, "num_layers": 1})
    segmentation.specifications = Specifications(
        Problem.MULTI_LABEL_CLASSIFICATION, Resolution.FRAME, 5.0, classes=["a", "b"], permutation_invariant=True
    )
    embedding = XVectorMFCC(dimension=16)
    embedding.specifications = Specifications(Problem.REPRESENTATION, Resolution.CHUNK, 5.0)
    for name, model in (("segmentation", segmentation), ("embedding", embedding)):
        model.setup()
        _save(model, folder / name)
    _save_plda(folder / "plda")
    _write_config(folder)
    return folder


def _save(model: Any, folder: Path) -> None:
    import lightning
    import torch

    checkpoint = {
        "state_dict": model.state_dict(),
        "hyper_parameters": dict(model.hparams),
        "pytorch-lightning_version": lightning.__version__,
    }
    model.on_save_checkpoint(checkpoint)
    folder.mkdir()
    torch.save(checkpoint, folder / "pytorch_model.bin")


def _save_plda(folder: Path, size: int = 16) -> None:
    rng = np.random.default_rng(0)
    folder.mkdir()
    np.savez(folder / "xvec_transform.npz", mean1=np.zeros(size), mean2=np.zeros(size), lda=np.eye(size))
    mixing = np.eye(size) + 0.1 * rng.normal(size=(size, size))
    np.savez(folder / "plda.npz", mu=np.zeros(size), tr=mixing, psi=np.linspace(2, 1, size))


def _write_config(folder: Path) -> None:
    parts = {name: f"$model/{name}" for name in ("segmentation", "embedding", "plda")}
    pipeline = {
        "name": "pyannote.audio.pipelines.SpeakerDiarization",
        "params": {**parts, "clustering": "AgglomerativeClustering"},
    }
    settings = {
        "segmentation": {"threshold": 0.5, "min_duration_off": 0.0},
        "clustering": {"method": "average", "threshold": 0.5, "min_cluster_size": 1},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump({"pipeline": pipeline, "params": settings}))


def speech_like(duration_s: float) -> Channel:
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 0.1, int(duration_s * RATE_HZ)) * (np.sin(np.arange(duration_s * RATE_HZ) / 4000) > 0)
    return Channel(0, samples.astype(np.float32), RATE_HZ, start_s=3.0)


class TestRealLibrary:
    """Random weights say nothing of who speaks: these hold the road from sound to spans, not its accuracy."""

    pytestmark = needs_extra

    def test_a_small_pipeline_gives_disjoint_spans_and_opens_no_socket(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened: list[Any] = []
        monkeypatch.setenv("PYANNOTE_METRICS_ENABLED", "1")
        monkeypatch.setattr(socket.socket, "connect", lambda self, address: opened.append(address))
        diarizer = PyannoteDiarizer(folder=small_pipeline(tmp_path))
        assert os.environ["PYANNOTE_METRICS_ENABLED"] == "0"
        speech = [Span(4.0, 9.0), Span(10.0, 15.0)]
        found = diarizer.diarize(speech_like(14.0), speech)
        spans = [span for own in found.spans.values() for span in own]
        assert spans and next(iter(found.spans)) == "speaker_0"
        assert total_s(merge(spans)) == pytest.approx(total_s(spans))
        assert total_s(intersect(merge(spans), speech)) == pytest.approx(total_s(spans))
        assert found.source.startswith("pyannote.audio ")
        assert opened == []

    def test_one_speaker_may_be_asked_for(self, tmp_path: Path) -> None:
        diarizer = PyannoteDiarizer(folder=small_pipeline(tmp_path))
        found = diarizer.diarize(speech_like(14.0), [Span(3.0, 17.0)], n_speakers=1)
        assert list(found.spans) == ["speaker_0"]

    def test_no_speech_and_a_senseless_number(self, tmp_path: Path) -> None:
        diarizer = PyannoteDiarizer(folder=small_pipeline(tmp_path))
        assert diarizer.diarize(speech_like(2.0), []).notes[0].code == "diarize.no_speech"
        with pytest.raises(BadParameter, match="speakers_too_few"):
            diarizer.diarize(speech_like(2.0), [Span(3.0, 4.0)], n_speakers=0)

    def test_a_folder_with_a_broken_checkpoint_is_refused(self, tmp_path: Path) -> None:
        small_pipeline(tmp_path)
        (tmp_path / "segmentation" / "pytorch_model.bin").write_bytes(b"not a checkpoint")
        assert refusal(folder=tmp_path).note.code == "diarize.pyannote_folder_unusable"
