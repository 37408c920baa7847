"""A method of the user's own: what its manifest may say, and what is said about it when it does not fit."""

import copy
import json
import pickle
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from bench import config
from bench.defense import Networks
from bench.defenses.external.external import External
from bench.errors import BenchError
from bench.registry import Registry
from bench.runner.cell import Cell, Request
from bench.runner.entries import defense_entry, warnings_about
from bench.types.scan import Roles
from bench.types.training import History
from tests.brought import MANIFEST, Bands, Halver, export, plain, write_method
from tests.trainers import trainer_in

Fit = Callable[[Path], tuple[External, Networks]]


@pytest.fixture
def fit(roles: Roles, tmp_path: Path) -> Fit:
    def fitted(manifest: Path) -> tuple[External, Networks]:
        defense = External(manifest=manifest)
        return defense, defense.fit(roles.train, trainer_in(tmp_path / "networks"))

    return fitted


@torch.inference_mode()
def whole_way(defense: External, networks: Networks, roles: Roles, seed: int = 0) -> tuple[Tensor, Tensor]:
    scan = roles.test.scans[0]
    key = defense.draw_key(np.random.default_rng(seed), roles.references.scans)
    release = defense.protect(scan.image, key, networks.client)
    return release.queries, defense.recover(defense.serve(release, networks.server), key, networks.client)


def test_the_release_is_what_the_encoder_makes_of_image_and_key(tmp_path: Path, roles: Roles, fit: Fit) -> None:
    defense, networks = fit(write_method(tmp_path / "method"))
    image = roles.test.scans[0].image
    key = defense.draw_key(np.random.default_rng(1), roles.references.scans)
    assert key.weight is not None
    assert key.images is not None
    assert key.noise is not None
    assert key.labels is not None
    assert (key.weight > 0.5).all()
    assert (key.weight <= 1).all()
    assert key.labels.shape == (3, 2, *roles.test.shape)
    expected = torch.cat(
        [w * image[None] + (1 - w) * r.mean(dim=1) + 0.01 * n for w, r, n in zip(key.weight, key.images, key.noise)]  # noqa: B905
    )
    with torch.inference_mode():
        torch.testing.assert_close(defense.protect(image, key, networks.client).queries, expected)


def test_without_a_key_everything_is_the_same_every_time(tmp_path: Path, roles: Roles, fit: Fit) -> None:
    defense, networks = fit(write_method(tmp_path / "method", plain(), encoder=Halver()))
    assert not defense.randomised
    release, recovered = whole_way(defense, networks, roles)
    torch.testing.assert_close(release, roles.test.scans[0].image[None] / 2)
    torch.testing.assert_close(release, whole_way(defense, networks, roles, seed=1)[0])
    with torch.inference_mode():
        torch.testing.assert_close(recovered, Bands()(release)[0].softmax(dim=0))


def test_an_exported_method_equals_a_scripted_one(tmp_path: Path, roles: Roles, fit: Fit) -> None:
    scripted = write_method(tmp_path / "scripted", plain(), encoder=Halver())
    manifest = write_method(tmp_path / "exported", plain().replace(".pt", ".pt2"))
    image = roles.test.scans[0].image[None]
    export(Halver(), (image,), manifest.parent / "encoder.pt2")
    export(Bands(), (image,), manifest.parent / "segmenter.pt2")
    for one, other in zip(whole_way(*fit(scripted), roles), whole_way(*fit(manifest), roles), strict=True):
        torch.testing.assert_close(one, other)


def test_a_method_without_encoder_sends_the_scan(tmp_path: Path, roles: Roles, fit: Fit) -> None:
    text = plain().replace('[encoder]\nfile = "encoder.pt"\n', "")
    release, _ = whole_way(*fit(write_method(tmp_path / "method", text)), roles)
    torch.testing.assert_close(release, roles.test.scans[0].image[None])


def test_sides_are_padded_to_the_multiple_and_cropped_again(tmp_path: Path, roles: Roles, fit: Fit) -> None:
    class Needs16(nn.Module):
        def forward(self, image: Tensor) -> Tensor:
            sides = image.shape[2] % 16 + image.shape[3] % 16 + image.shape[4] % 16
            assert sides == 0
            return image / 2

    method = plain(table_input="[input]\nmultiple = 16")
    release, _ = whole_way(*fit(write_method(tmp_path / "method", method, encoder=Needs16())), roles)
    torch.testing.assert_close(release, roles.test.scans[0].image[None] / 2)
    with pytest.raises(BenchError, match=re.escape("encoder encoder.pt of half stops on what it is given")):
        fit(write_method(tmp_path / "unpadded", plain(), encoder=Needs16()))


def test_networks_can_be_copied_and_sent_to_another_process(tmp_path: Path, roles: Roles, fit: Fit) -> None:
    manifest = write_method(tmp_path / "method", plain().replace('"encoder.pt"', '"encoder.pt2"'), encoder=Halver())
    export(Halver(), (roles.test.scans[0].image[None],), manifest.parent / "encoder.pt2")
    defense, networks = fit(manifest)
    before = whole_way(defense, networks, roles)
    for again in (copy.deepcopy(networks), pickle.loads(pickle.dumps(networks))):
        for one, other in zip(before, whole_way(defense, again, roles), strict=True):
            torch.testing.assert_close(one, other)


class _Wrong(nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, volume: Tensor) -> Tensor:
        four = torch.cat([volume, volume, volume, volume], dim=1)
        if self.kind == "channels":
            return four[:, :3]
        if self.kind == "sides":
            return four[:, :, 1:]
        if self.kind == "nan":
            return four / 0 - four / 0
        if self.kind == "flat":
            return four[0]
        if self.kind == "random":
            return volume + torch.rand_like(volume)
        if self.kind == "stops":
            return four.reshape(1, 7)
        return 5 * four - 1


@pytest.mark.parametrize(
    ("role", "kind", "message"),
    [
        ("segmenter", "channels", "gives 1x3x20x24x20 for 1x1x20x24x20, expected one tensor 1x4x20x24x20"),
        ("segmenter", "sides", "gives 1x4x19x24x20 for 1x1x20x24x20, expected one tensor 1x4x20x24x20"),
        ("encoder", "sides", "gives 1x4x19x24x20 for 1x1x20x24x20, expected one tensor 1xanyx20x24x20"),
        ("encoder", "flat", "gives 4x20x24x20"),
        ("encoder", "nan", "gives NaN"),
        ("segmenter", "nan", "gives NaN"),
        ("encoder", "stops", "stops on what it is given (1x1x20x24x20): "),
        ("encoder", "random", "gives another release for the same scan and key: call eval()"),
        ("segmenter", "range", 'expected probabilities in [0, 1]; write output = "logits"'),
    ],
)
def test_what_a_network_gives_is_checked_before_anything_runs(
    tmp_path: Path, fit: Fit, role: str, kind: str, message: str
) -> None:
    networks = {"encoder": Halver(), "segmenter": Bands(), role: _Wrong(kind)}
    manifest = write_method(tmp_path, plain(output='"probabilities"' if kind == "range" else '"logits"'), **networks)
    with pytest.raises(BenchError, match=re.escape(message)) as raised:
        fit(manifest)
    assert str(raised.value).startswith(f"{role} {role}.pt of half ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "is no TOML"),
        (plain().replace('output = "logits"', ""), "output is missing"),
        (plain(output='"scores"'), "output = 'scores' does not fit"),
        (plain(colour='"red"'), "there is no field colour"),
        (plain(table_x="[input]\nmultiple = 0"), "input.multiple = 0 does not fit"),
        (plain(table_x="[input]\nshape = [1, 2]"), "input.shape"),
        (plain(table_x="[key.noise]\nshape = []"), "key.noise.shape"),
        (plain(table_x="[key.weight]\nlow = 0.5\nhigh = 0.2"), "low must be below high"),
        (plain(queries="3"), "queries = 3 without a [key] sends the same thing 3 times"),
        (plain().replace("encoder.pt", "elsewhere.pt"), "[encoder] file = 'elsewhere.pt': no such file"),
        (plain().replace("encoder.pt", "encoder.onnx"), "must end in .pt (TorchScript) or .pt2 (torch.export)"),
    ],
)
def test_a_bad_manifest_is_one_line_that_names_file_and_field(tmp_path: Path, text: str, message: str) -> None:
    manifest = write_method(tmp_path, text, encoder=Halver())
    with pytest.raises(BenchError, match=re.escape(message)) as raised:
        config.build(External, {"manifest": str(manifest)})
    assert str(manifest) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_manifest_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"no manifest .*model\.toml: No such file"):
        config.build(External, {"manifest": str(tmp_path / "model.toml")})
    with pytest.raises(BenchError, match="external needs --set manifest=VALUE"):
        config.build(External, {})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (plain(classes='["background", "GM", "WM", "CSF"]'), "but the cohort toy has ['background', 'outer'"),
        (plain(table_x="[input]\nshape = [32, 40, 32]"), "run with --set shape=32,40,32, or export for any shape"),
        (plain(table_x="[input]\nspacing_mm = 1.0"), "run with --set spacing_mm=1"),
    ],
)
def test_a_cohort_that_does_not_fit_is_one_line(tmp_path: Path, fit: Fit, text: str, message: str) -> None:
    with pytest.raises(BenchError, match=re.escape(message)):
        fit(write_method(tmp_path, text, encoder=Halver()))


def test_a_small_pool_is_one_line(tmp_path: Path, roles: Roles) -> None:
    defense = External(manifest=write_method(tmp_path))
    with pytest.raises(BenchError, match="takes 2 references per query, the client's pool has 1"):
        defense.draw_key(np.random.default_rng(0), roles.references.scans[:1])


def test_the_content_of_the_files_decides_not_their_place(tmp_path: Path) -> None:
    manifest = write_method(tmp_path / "here")
    first = config.by_content(External(manifest=manifest))
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    moved = External(manifest=tmp_path / "there" / "model.toml")
    assert config.by_content(moved) == first
    assert moved.training_settings() == first
    assert str(tmp_path) not in json.dumps(first)
    other = Bands()
    with torch.no_grad():
        other.centres += 0.1
    write_method(tmp_path / "here", segmenter=other)
    assert config.by_content(External(manifest=manifest)) != first
    write_method(tmp_path / "there", MANIFEST.replace("queries = 3", "queries = 2"))
    assert config.by_content(External(manifest=tmp_path / "there" / "model.toml")) != first


def test_the_record_says_that_it_was_trained_elsewhere(tmp_path: Path, roles: Roles) -> None:
    settings = (f"manifest={write_method(tmp_path)}",)
    request = Request(defense="external", attack="reid-msssim", data="phantom", assignments=settings)
    cell = Cell.resolve(request, Registry())
    assert any("toy mixture was trained elsewhere" in line for line in warnings_about(cell, roles.test, roles))
    entry = defense_entry(cell, Networks(client=nn.Identity(), server=Bands(), history=History()), "w")
    assert entry.trained_elsewhere is not None
    assert (entry.trained_elsewhere.method, entry.trained_elsewhere.citation) == ("toy mixture", "nobody, nowhere")
    assert str(tmp_path) not in entry.model_dump_json()


def test_two_models_in_one_place_are_two_cells_and_one_model_in_two_places_is_one(tmp_path: Path) -> None:
    def addresses(folder: str) -> tuple[str, str, str]:
        settings = (f"manifest={tmp_path / folder / 'model.toml'}",)
        request = Request(defense="external", attack="reid-msssim", data="phantom", assignments=settings)
        cell = Cell.resolve(request, Registry())
        return cell.address, cell.training_address, cell.transcript_address("w")

    write_method(tmp_path / "here")
    first = addresses("here")
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    assert addresses("there") == first
    other = Bands()
    with torch.no_grad():
        other.centres += 0.1
    write_method(tmp_path / "here", segmenter=other)
    assert not set(addresses("here")) & set(first)


def test_an_attack_is_kept_away_from_the_files(tmp_path: Path) -> None:
    defense = External(manifest=write_method(tmp_path))
    assert {path.name for path in defense.files()} == {"model.toml", "encoder.pt", "segmenter.pt", "decoder.pt"}
