"""What is recorded of the traffic, and what its order gives away."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from bench import seeds
from bench.data.roles import data_secret
from bench.defenses.mixup.variants import MixupNaive
from bench.defenses.no_proxy import NoProxy
from bench.progress import Display
from bench.runner.traffic.parties import Client, Server
from bench.runner.traffic.recording import Traffic, key_source, record_repetitions, record_traffic
from bench.types.scan import Roles
from tests.unit.runner.strangers import Shells

CPU = torch.device("cpu")


def _record(roles: Roles, folder: Path, *, seed: int = 0, replies: bool = False) -> tuple[Traffic, Client, Server]:
    defense = Shells(queries=2)
    client = Client(defense, nn.Identity(), (), CPU)
    server = Server(defense, nn.Identity(), CPU)
    traffic = record_traffic(client, server if replies else None, roles.test, seed, folder, Display(quiet=True))
    return traffic, client, server


def test_every_scan_is_sent_once_in_a_shuffled_order(roles: Roles, tmp_path: Path) -> None:
    traffic, _, _ = _record(roles, tmp_path)
    sent = [scan.name for scan in traffic.scans]
    assert sorted(sent) == sorted(scan.name for scan in roles.test)
    assert sent != [scan.name for scan in roles.test]
    for release, scan in zip(traffic.transcript.releases, traffic.scans, strict=True):
        assert torch.equal(release.queries[1], scan.image.half().float())


def test_the_order_belongs_to_the_seed(roles: Roles, tmp_path: Path) -> None:
    orders = [
        [scan.name for scan in _record(roles, tmp_path / name, seed=seed)[0].scans]
        for name, seed in (("a", 0), ("b", 0), ("c", 1))
    ]
    assert orders[0] == orders[1] != orders[2]


def test_repetitions_have_their_own_keys_and_one_order(roles: Roles, tmp_path: Path) -> None:
    client = Client(MixupNaive(), nn.Identity(), roles.references.scans, CPU)
    first, second = record_repetitions(client, None, roles.test, 0, tmp_path, Display(quiet=True), repetitions=2)
    assert [scan.name for scan in first.scans] == [scan.name for scan in second.scans]
    assert (first.repetition, second.repetition) == (0, 1)
    for one, other in zip(first.transcript.releases, second.transcript.releases, strict=True):
        assert not torch.equal(one.queries, other.queries)


def test_what_has_no_key_is_sent_once(roles: Roles, tmp_path: Path) -> None:
    client = Client(NoProxy(), nn.Identity(), (), CPU)
    assert len(record_repetitions(client, None, roles.test, 0, tmp_path, Display(quiet=True), repetitions=3)) == 1


def test_who_knows_the_seed_knows_neither_the_order_nor_the_keys(roles: Roles, tmp_path: Path) -> None:
    client = Client(Shells(), nn.Identity(), (), CPU, data_secret(roles.test))
    key_for = key_source(client, 0)
    traffic = record_traffic(client, None, roles.test, 0, tmp_path, Display(quiet=True))
    guessed = seeds.generator(0, "order", "").permutation(len(roles.test))
    assert [scan.name for scan in traffic.scans] != [roles.test.scans[index].name for index in guessed]
    scan = roles.test.scans[0]
    assert key_for(scan, 0) != seeds.generator(0, "key", "", "shells", scan.name, 0).random()
    assert client.turned_to(Shells(queries=2)).secret == client.secret


def test_without_a_reader_the_server_is_not_asked(roles: Roles, tmp_path: Path) -> None:
    traffic, _, server = _record(roles, tmp_path)
    assert len(traffic.transcript.replies) == 0
    assert server.serving.seconds == []


def test_replies_answer_the_releases(roles: Roles, tmp_path: Path) -> None:
    traffic, _, _ = _record(roles, tmp_path, replies=True)
    assert len(traffic.transcript.replies) == len(traffic.scans)
    known = traffic.transcript.replies[0].maps[1].argmax(dim=0)
    outer = traffic.scans[0].labels == 1
    assert torch.equal(known == 1, outer)


def test_what_was_recorded_is_not_sent_again(roles: Roles, tmp_path: Path) -> None:
    _record(roles, tmp_path)
    (tmp_path / "00003-release.npz").unlink()
    traffic, client, _ = _record(roles, tmp_path)
    assert len(client.protecting.seconds) == 1
    assert len(traffic.transcript.releases[3]) == 2


def test_nothing_in_the_folder_names_a_person(roles: Roles, tmp_path: Path) -> None:
    _record(roles, tmp_path, replies=True)
    for path in tmp_path.iterdir():
        assert "person" not in path.name
        with np.load(path) as stored:
            assert set(stored) in ({"queries", "piece"}, {"maps"})


def test_keys_are_drawn_by_family_scan_and_repetition(roles: Roles) -> None:
    client = Client(Shells(), nn.Identity(), (), CPU)
    scan, other = roles.test.scans[:2]
    keys = key_source(client, 0)
    drawn = [keys(scan, 0), keys(scan, 1), keys(other, 0), key_source(client, 1)(scan, 0)]
    assert len(set(drawn)) == 4
    assert keys(scan, 0) == drawn[0]


def test_a_costly_reconstruction_is_asked_of_one_scan_each_of_people_whom_the_secret_chooses(
    roles: Roles, tmp_path: Path
) -> None:
    traffic, _, _ = _record(roles, tmp_path)

    def asked(recorded: Traffic, secret: str) -> list[str]:
        return [recorded.scans[index].subject for index in recorded.asked(3, secret).wanted or ()]

    chosen = asked(traffic, "a secret")
    assert len(set(chosen)) == 3
    backwards = replace(traffic, scans=traffic.scans[::-1])  # as another seed might order them
    assert set(asked(backwards, "a secret")) == set(chosen)
    visits = {traffic.scans[n].name[-1] for k in range(9) for n in traffic.asked(3, str(k)).wanted or ()}
    assert len(visits) == 2  # sometimes the first scan, sometimes the second
    assert len({frozenset(asked(traffic, str(number))) for number in range(9)}) > 1
    assert len(traffic.asked(99, "a secret").wanted or ()) == len(roles.test.subjects)


def test_nobody_is_asked_where_nobody_has_another_scan(roles: Roles, tmp_path: Path) -> None:
    once = replace(roles, test=roles.test.first_visits())
    traffic, _, _ = _record(once, tmp_path)
    assert traffic.asked(3, "a secret").wanted is None
