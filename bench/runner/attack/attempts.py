"""One attack let loose many times: on the traffic itself, on parts of it, and on what is known to leak."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lightning_fabric import Fabric

from bench.attack import Attack
from bench.config import by_content
from bench.defense import Networks
from bench.progress import Display
from bench.records.schema import Status
from bench.runner.attack.attacking import Verdict, attack_transcript
from bench.runner.attack.confinement import Confinement
from bench.runner.attack.learning import Reach, Shelf, Shelves
from bench.runner.traffic.parties import Client
from bench.runner.traffic.recording import Traffic
from bench.store import address
from bench.trainer.loop import FabricTrainer
from bench.trainer.seeding import seeded_torch
from bench.types.claim import Attribute, Claim, Reconstruction
from bench.types.scan import Roles


@dataclass(frozen=True)
class Findings:
    """How an attack ended on every repetition of the traffic; claims only if all ended well."""

    status: Status
    reason: str | None
    claims: tuple[Claim, ...]


def _claimed(claim: Claim) -> tuple[object, ...]:
    """What a mean over sets of keys needs alike: the traits, or along what it is traced, at how much, how often."""
    if isinstance(claim, Attribute):
        return tuple(sorted(claim.predicted))
    if not isinstance(claim, Reconstruction):
        return ()
    return tuple((name, tuple(images.shape), tuple(claim.along[name])) for name, images in claim.traces.items())


@dataclass(frozen=True, eq=False, kw_only=True)
class Attempts:
    """An attack with all it takes to run it, but for what it is run on.

    Attributes:
        folder: for what the attack trains; every run has its own place in it.
        own_data: for what it trains on its own data alone, whatever the defense.
        informed: for what it trains knowing the defense but not the traffic.
        held: how the attack is held.
    """

    attack: Attack
    fabric: Fabric
    folder: Path
    own_data: Path
    informed: Path
    seed: int
    held: Confinement
    display: Display

    def axes(self, *run: str) -> tuple[str | int, ...]:
        """The seed axes of one run, named by words."""
        return (self.seed, "attack", self.attack.name, *run)

    def over(
        self, client: Client, repetitions: Sequence[Traffic], networks: Networks, roles: Roles, *run: str
    ) -> Findings:
        """The attack on every repetition of what `client` sent, each on its own; the first that goes wrong ends it."""
        claims = []
        for traffic in repetitions:
            fresh = () if traffic.repetition == 0 else (f"key-{traffic.repetition}",)
            verdict = self.make(client, traffic, networks, roles, *run, *fresh)
            if verdict.claim is None:
                return Findings(verdict.status, verdict.reason, ())
            claims.append(verdict.claim)
        if len({_claimed(claim) for claim in claims}) > 1:
            return Findings(Status.FAILED, "its traces or traits differ between sets of keys, so they have no mean", ())
        return Findings(Status.OK, None, tuple(claims))

    def make(self, client: Client, traffic: Traffic, networks: Networks, roles: Roles, *run: str) -> Verdict:
        """The attack on what `client` sent. Which `run` it is decides its random numbers and its folder."""
        axes = self.axes(*run)
        trainer = FabricTrainer(self.fabric, self.folder.joinpath(*run), axes, self.display)
        with seeded_torch(*axes):
            return attack_transcript(
                self.attack, client, traffic, networks, roles, trainer, axes, self.held, self._shelves(client)
            )

    def _shelves(self, client: Client) -> Shelves:
        defense = client.defense
        settings = address({"defense": defense.name, "settings": by_content(defense)})
        return {
            Reach.OWN_DATA: Shelf(self.own_data, self.axes("own data")),
            Reach.DEFENSE: Shelf(self.informed / settings, self.axes("informed", settings)),
        }
