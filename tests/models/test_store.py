"""The store of weights: pinned, whole or not at all, checksums kept."""

from __future__ import annotations

import hashlib
import json

import pytest

from models import store as store_module
from models.cards import ModelCard, read_cards
from models.errors import DamagedWeights, FetchFailed, MissingWeights, UnknownModel
from models.store import MANIFEST, ModelStore, revision_of


def fake_download(content=b"weights"):
    def download(card: ModelCard, folder):
        folder.mkdir()
        (folder / "model.bin").write_bytes(content)
        (folder / "config.json").write_text("{}")

    return download


def test_every_card_pins_a_commit():
    for card in read_cards().values():
        assert len(card.revision) == 40 and set(card.revision) <= set("0123456789abcdef")


def test_fetch_keeps_the_checksum_of_every_file(tmp_path):
    store = ModelStore(tmp_path, download=fake_download())
    card = store.fetch("tiny")
    manifest = json.loads((tmp_path / "tiny" / MANIFEST).read_text())
    assert manifest["revision"] == card.revision
    assert manifest["sha256"]["model.bin"] == hashlib.sha256(b"weights").hexdigest()
    assert store.find("tiny") == tmp_path / "tiny"
    assert store.verify() == store.verify("tiny") and store.verify()[0].n_files == 2


def test_a_changed_byte_is_found(tmp_path):
    store = ModelStore(tmp_path, download=fake_download())
    store.fetch("tiny")
    (tmp_path / "tiny" / "model.bin").write_bytes(b"weightz")
    with pytest.raises(DamagedWeights, match=r"store\.damaged"):
        store.verify("tiny")


def test_weights_that_are_not_the_pinned_ones_are_refused_and_leave_nothing(tmp_path):
    store = ModelStore(tmp_path, download=fake_download(b"something else"))
    with pytest.raises(DamagedWeights, match=r"store\.damaged"):
        store.fetch("small")
    assert store.find("small") is None and not list(tmp_path.glob(".fetch-*"))


def test_a_broken_download_leaves_nothing(tmp_path):
    def broken(card, folder):
        folder.mkdir()
        (folder / "config.json").write_text("{")
        raise FetchFailed("store.fetch_failed", name=card.name, kind="ConnectError")

    store = ModelStore(tmp_path, download=broken)
    with pytest.raises(FetchFailed):
        store.fetch("tiny")
    assert list(tmp_path.iterdir()) == []


def test_the_hub_out_of_reach_is_one_clear_error(tmp_path, monkeypatch):
    import huggingface_hub

    def refuse(*args, **kwargs):
        raise OSError("no route")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    with pytest.raises(FetchFailed, match=r"store\.fetch_failed"):
        ModelStore(tmp_path).fetch("tiny")


def test_the_hub_is_asked_for_the_pinned_revision_only(tmp_path, monkeypatch):
    import huggingface_hub

    asked = {}
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda repo, **options: asked.update(options, repo=repo))
    card = read_cards()["base"]
    store_module.download_from_hub(card, tmp_path)
    assert (asked["repo"], asked["revision"]) == (card.repository, card.revision)


def test_absent_weights_name_the_command_and_unknown_names_the_known_ones(tmp_path):
    store = ModelStore(tmp_path)
    with pytest.raises(MissingWeights, match=r"store\.missing"):
        store.require("small")
    with pytest.raises(UnknownModel, match=r"store\.unknown"):
        store.require("smal")


def test_a_folder_of_weights_is_used_as_it_is(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"own")
    assert ModelStore(tmp_path / "store").find(str(tmp_path)) == tmp_path
    assert revision_of(tmp_path).startswith("sha256:")
