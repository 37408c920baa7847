"""What every registered defense must do, whoever wrote it. A new plugin is tested here without being named."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bench import config
from bench.attacks.learned.visits import another_scan
from bench.defense import Brought, Defense, Networks
from bench.registry import Registry
from bench.runner.traffic import wire
from bench.runner.traffic.parties import Client, SentRelease, Server
from bench.trainer.seeding import seeded_torch
from bench.types.scan import Roles
from bench.types.traffic import Release, Reply
from tests.contract.conftest import Required
from tests.trainers import trainer_in

NAMES = [entry.name for entry in Registry().of("defenses")]
TINY = {"iterations": 2, "batch_size": 2, "patch": 8, "queries": 3}
"""Applied where a defense has a setting of that name."""


def tiny(name: str, required: Required) -> Defense[Any]:
    cls = Registry().find("defenses", name).load()
    fields = {field.name for field in dataclasses.fields(cls)}
    values = dict(cls.presets.get("smoke", {})) | {key: value for key, value in TINY.items() if key in fields}
    if "queries" in values and name.split("-")[-1] != "tta" and cls.presets["smoke"].get("queries") is None:
        del values["queries"]
    return config.build(cls, values | required.get(name, {}))


def fitted(defense: Defense[Any], roles: Roles, folder: Path) -> Networks:
    with seeded_torch(0, "contract"):
        return defense.fit(roles.train, trainer_in(folder))


@pytest.fixture(scope="module", params=NAMES)
def trained(
    request: pytest.FixtureRequest, roles: Roles, tmp_path_factory: pytest.TempPathFactory, required: Required
) -> tuple[Defense[Any], Networks]:
    defense = tiny(request.param, required)
    return defense, fitted(defense, roles, tmp_path_factory.mktemp(request.param))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_learned_depends_on_who_is_asked_about(
    name: str, roles: Roles, tmp_path: Path, required: Required
) -> None:
    """Else a membership attack's shadow networks are all alike, and nothing found looks like nothing remembered."""
    defense = tiny(name, required)
    if isinstance(defense, Brought):
        return
    first = roles.train.only((*roles.train.scans, *roles.references.scans)).first_visits()
    people = first.scans[: len(first) // 2], first.scans[len(first) // 2 :]
    rng = np.random.default_rng(0)
    weights = []
    for half, scans in enumerate(people):
        again = tuple(another_scan(scan, len(first.classes), first.spacing_mm, rng) for scan in scans)
        with seeded_torch(0, "contract"):
            networks = defense.fit(roles.auxiliary.only((*scans, *again)), trainer_in(tmp_path / str(half)))
        weights.append(torch.cat([value.flatten().float() for value in networks.server.state_dict().values()]))
    assert not torch.equal(*weights)


def _parties(trained: tuple[Defense[Any], Networks], roles: Roles) -> tuple[Client, Server]:
    defense, networks = trained
    cpu = torch.device("cpu")
    client = Client(defense, networks.client, roles.references.first_visits().scans, cpu)
    return client, Server(defense, networks.server, cpu)


def _key(client: Client, seed: int = 0) -> Any:
    return client.draw_key(np.random.default_rng(seed))


def test_there_are_defenses_to_test() -> None:
    assert len(NAMES) >= 5


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("preset", config.PRESETS)
def test_every_preset_gives_valid_settings(name: str, preset: str, required: Required) -> None:
    cls = Registry().find("defenses", name).load()
    assert isinstance(config.build(cls, dict(cls.presets.get(preset, {})) | required.get(name, {})), Defense)


@pytest.mark.parametrize("name", NAMES)
def test_settings_are_frozen_and_described(name: str) -> None:
    cls = Registry().find("defenses", name).load()
    assert cls.__dataclass_params__.frozen
    described = "\n".join(filter(None, (base.__doc__ for base in cls.__mro__)))
    assert [f.name for f in dataclasses.fields(cls) if f.name not in described] == []


def test_a_scan_goes_all_the_way_through(trained: tuple[Defense[Any], Networks], roles: Roles) -> None:
    client, server = _parties(trained, roles)
    scan = roles.test.scans[0]
    key = _key(client)
    release = client.protect(scan, key)
    reply = server.serve(release)
    recovered = client.recover(reply, key)
    assert release.queries.ndim == 5
    assert reply.shape[0] == release.queries.shape[0]
    assert recovered.shape == (len(roles.test.classes), *roles.test.shape)
    assert torch.isfinite(recovered).all()
    assert 0 <= reply.min() <= reply.max() <= 1


def test_inputs_are_left_as_they_were(trained: tuple[Defense[Any], Networks], roles: Roles) -> None:
    client, server = _parties(trained, roles)
    scan = roles.test.scans[0]
    before = [scan.image.clone(), *(reference.image.clone() for reference in client.references)]
    key = _key(client)
    release = client.protect(scan, key)
    sent = release.queries.copy()
    reply = server.serve(release)
    answered = reply.copy()
    client.recover(reply, key)
    assert torch.equal(scan.image, before[0])
    assert all(torch.equal(r.image, b) for r, b in zip(client.references, before[1:], strict=True))
    np.testing.assert_array_equal(release.queries, sent)
    np.testing.assert_array_equal(reply, answered)


def test_same_key_same_release_and_other_key_other_release(
    trained: tuple[Defense[Any], Networks], roles: Roles
) -> None:
    client, _ = _parties(trained, roles)
    scan = roles.test.scans[0]
    first, again, other = (client.protect(scan, _key(client, seed)).queries for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert np.array_equal(first, other) is not client.defense.randomised


def test_the_server_needs_nothing_but_the_release(trained: tuple[Defense[Any], Networks], roles: Roles) -> None:
    """A server built in another place, from its own weights alone, gives the same answer."""
    client, server = _parties(trained, roles)
    release = client.protect(roles.test.scans[0], _key(client))
    copied = SentRelease(release.queries.copy(), release.piece)
    np.testing.assert_array_equal(server.serve(release), server.serve(copied))


def test_a_shorter_reply_is_decoded_as_a_smaller_budget(trained: tuple[Defense[Any], Networks], roles: Roles) -> None:
    client, server = _parties(trained, roles)
    key = _key(client)
    release = client.protect(roles.test.scans[0], key)
    reply = server.serve(release)
    for count in range(1, len(reply) + 1):
        partial = client.recover(reply, key, count)
        honest = client.recover(server.serve(SentRelease(release.queries[:count], release.piece)), key)
        torch.testing.assert_close(partial, honest, atol=2e-3, rtol=0)
        torch.testing.assert_close(client.answer(reply, key).recover(count), partial, atol=1e-4, rtol=0)


def test_training_twice_with_the_same_seed_gives_the_same_networks(
    trained: tuple[Defense[Any], Networks], roles: Roles, tmp_path: Path
) -> None:
    defense, networks = trained
    again = fitted(defense, roles, tmp_path)
    for one, other in ((networks.client, again.client), (networks.server, again.server)):
        for name, value in one.state_dict().items():
            assert torch.equal(value, other.state_dict()[name]), name


def test_networks_come_back_in_evaluation_mode(trained: tuple[Defense[Any], Networks]) -> None:
    _, networks = trained
    assert not any(module.training for module in networks.server.modules())
    assert not any(module.training for module in networks.client.modules() if list(module.parameters()))


def test_what_is_sent_survives_the_wire(trained: tuple[Defense[Any], Networks], roles: Roles) -> None:
    defense, networks = trained
    client, server = _parties(trained, roles)
    image = roles.test.scans[0].image
    key = _key(client)
    with torch.inference_mode():
        release = defense.protect(image, key, networks.client)
        reply = defense.serve(Release(release.queries, release.piece), networks.server)
        direct = defense.recover(Reply(reply.maps), key, networks.client)
    through = client.recover(server.serve(client.protect(roles.test.scans[0], key)), key)
    agree = (direct.argmax(dim=0) == through.argmax(dim=0)).float().mean()
    assert float(agree) > 0.98
    assert wire.encode(release.queries).dtype == np.float16
