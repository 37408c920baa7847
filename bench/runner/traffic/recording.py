"""Recording the traffic of the test scans, in an order that tells nothing."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bench import seeds
from bench.atomic import replacing
from bench.progress import Display
from bench.runner.traffic import wire
from bench.runner.traffic.parties import Client, SentRelease, Server
from bench.runner.traffic.people import pseudonym
from bench.types.scan import Cohort, Scan
from bench.types.traffic import Lazy, Release, Reply, Transcript

KeyFor = Callable[[Scan, int], Any]
"""The key of a scan in one repetition."""


@dataclass(frozen=True, eq=False)
class Traffic:
    """A recorded transcript with the truth that only the scorer gets.

    Attributes:
        scans: the scan behind every release, in the order of the transcript.
        repetition: which of a scan's keys were used.
        wanted: which releases a reconstruction is asked of; None for all.
    """

    transcript: Transcript
    scans: tuple[Scan, ...]
    repetition: int = 0
    wanted: tuple[int, ...] | None = None

    def asked(self, people: int, secret: str) -> "Traffic":
        """The same traffic, with a reconstruction asked of one release each of so many people who have another scan.

        The first by pseudonym, of people and of their scans, which neither attack nor suite can choose: at every seed
        the same people, so that a mean over seeds is about somebody, and nothing that tells who is asked about a
        second scan.

        Args:
            secret: the hospital's.
        """
        visits: dict[str, list[int]] = {}
        for index, scan in enumerate(self.scans):
            visits.setdefault(scan.subject, []).append(index)
        repeated = [subject for subject, own in visits.items() if len(own) > 1]
        chosen = sorted(repeated, key=lambda subject: pseudonym(subject, secret))[:people]
        one = [min(visits[each], key=lambda index: pseudonym(self.scans[index].name, secret)) for each in chosen]
        return replace(self, wanted=tuple(sorted(one)) or None)


def key_source(client: Client, seed: int) -> KeyFor:
    """Keys addressed by (seed, the hospital's secret, family of the defense, scan, repetition).

    The family, not the name: variants of one method then protect with the same keys, so their comparison is paired.
    """

    def key(scan: Scan, repetition: int) -> Any:
        axes = (seed, "key", client.secret, client.defense.family, scan.name, repetition)
        return client.draw_key(seeds.generator(*axes))

    return key


def record_repetitions(
    client: Client, server: Server | None, test: Cohort, seed: int, folder: Path, display: Display, repetitions: int
) -> tuple[Traffic, ...]:
    """The traffic of the test scans under `repetitions` sets of fresh keys; once if the defense has no keys.

    One set of keys may be a lucky one. The order of the scans is always the same.
    """
    count = repetitions if client.defense.randomised else 1
    return tuple(
        record_traffic(client, server, test, seed, folder / f"key-{repetition}", display, repetition)
        for repetition in range(count)
    )


def record_traffic(
    client: Client,
    server: Server | None,
    test: Cohort,
    seed: int,
    folder: Path,
    display: Display,
    repetition: int = 0,
) -> Traffic:
    """Protect every test scan once and keep what was sent; with a `server`, its answers too.

    What lies in `folder` already (content-addressed by the caller) is not sent again.
    """
    key_for = key_source(client, seed)
    scans = tuple(test.scans[i] for i in seeds.generator(seed, "order", client.secret).permutation(len(test)))
    folder.mkdir(parents=True, exist_ok=True)
    with display.track("sending scans", len(scans)) as task:
        for index, scan in enumerate(scans):
            release, reply = _release_path(folder, index), _reply_path(folder, index)
            if not release.exists():
                sent = client.protect(scan, key_for(scan, repetition))
                _save(release, queries=sent.queries, piece=np.array(-1 if sent.piece is None else sent.piece))
            if server is not None and not reply.exists():
                _save(reply, maps=server.serve(_load_release(release)))
            task.advance()
    cpu = torch.device("cpu")

    def release_of(index: int) -> Release:
        sent = _load_release(_release_path(folder, index))
        return Release(wire.decode(sent.queries, cpu), sent.piece)

    def reply_of(index: int) -> Reply:
        with np.load(_reply_path(folder, index)) as stored:
            return Reply(wire.decode(stored["maps"], cpu))

    replies = Lazy(0 if server is None else len(scans), reply_of)
    return Traffic(Transcript(Lazy(len(scans), release_of), replies), scans, repetition)


def _release_path(folder: Path, index: int) -> Path:
    return folder / f"{index:05d}-release.npz"


def _reply_path(folder: Path, index: int) -> Path:
    return folder / f"{index:05d}-reply.npz"


def _load_release(path: Path) -> SentRelease:
    with np.load(path) as stored:
        piece = int(stored["piece"])
        return SentRelease(stored["queries"], None if piece < 0 else piece)


def _save(path: Path, **arrays: np.ndarray) -> None:
    with replacing(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **arrays)
