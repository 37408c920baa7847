"""The contract of a defense.

A defense is its settings (a frozen dataclass). What it learns lives in `Networks`, split by owner, and is handed to
each method explicitly: `serve` cannot see the client's network or key, because nobody gives it one.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from bench.plugin import TEST_ONLY as TEST_ONLY
from bench.plugin import Plugin
from bench.types.scan import Cohort, Scan
from bench.types.traffic import Probabilities, Release, Reply
from bench.types.training import History, Trainer

KeyT = TypeVar("KeyT")


@dataclass(frozen=True, eq=False)
class Networks:
    """What training leaves behind, split by who holds it.

    Attributes:
        client: stays in the hospital (unmixing net, encoder); `nn.Identity()` if there is none.
        server: goes to the cloud.
    """

    client: nn.Module
    server: nn.Module
    history: History


class Defense(Plugin, ABC, Generic[KeyT]):
    """A way to have a scan segmented without sending the scan.

    Attributes:
        family: defenses of one family whose training settings are equal share their trained networks.
        randomised: False if two keys give the same release.
    """

    family: ClassVar[str]
    randomised: ClassVar[bool] = True

    @abstractmethod
    def fit(self, cohort: Cohort, trainer: Trainer) -> Networks:
        """Train on the training role."""

    @abstractmethod
    def draw_key(self, rng: np.random.Generator, references: Sequence[Scan]) -> KeyT:
        """A fresh secret for one scan; `references` is the client's private pool.

        Raises:
            BenchError: the pool cannot serve this defense's settings.
        """

    @abstractmethod
    def protect(self, image: Float[Tensor, "1 depth height width"], key: KeyT, client: nn.Module) -> Release:
        """What the client sends (client side)."""

    @abstractmethod
    def serve(self, release: Release, server: nn.Module) -> Reply:
        """What the server answers (server side; sees nothing but the release)."""

    @abstractmethod
    def recover(self, reply: Reply, key: KeyT, client: nn.Module) -> Probabilities:
        """The segmentation of the scan (client side).

        A reply with fewer maps than the key has queries is decoded as if only those had been sent.
        """


@dataclass(frozen=True, eq=False)
class Panel:
    """One picture of a row: an image in [0, 1] or a map of class indices."""

    title: str
    volume: Tensor
    is_label: bool


@runtime_checkable
class Illustrated(Protocol):
    """A defense that can show its own steps; others get the generic picture."""

    def illustrate(self, scan: Scan, key: Any, networks: Networks) -> list[list[Panel]]:
        """Rows of panels for the figure of one scan."""


@runtime_checkable
class Concealing(Protocol):
    """A defense whose key holds images, for the picture of what an attack recovered."""

    def concealed(self, key: Any) -> Mapping[str, Float[Tensor, "depth height width"]]:
        """The images in the key by title, such as the references of a mixture."""


@runtime_checkable
class SendsLabels(Protocol):
    """A defense whose client sends labels as well while the server is trained, and can say which."""

    def training_key(self, rng: np.random.Generator, others: Sequence[Scan]) -> Any:
        """A secret as in training: one query, and references among these other training scans."""

    def training_labels(
        self, labels: UInt8[Tensor, "depth height width"], key: Any, classes: int
    ) -> Float[Tensor, "query class depth height width"]:
        """What is sent beside the release under this key for the server to learn from."""


@runtime_checkable
class Dialled(Protocol):
    """A defense with a setting that trades utility against hiding and needs no new training.

    Attributes:
        dial: name of the setting.
    """

    dial: ClassVar[str]

    def dialled(self) -> "Mapping[float, Defense[Any]]":
        """The defense at every value of the dial that is reported, sending one query per scan."""


@runtime_checkable
class QueryWise(Protocol):
    """A defense whose client decodes the answer to every query on its own and pools what it decoded.

    Decoding is what costs: decoded once, the answers serve any number of queries, and the uncertainty as well.
    `recover` gives what comes out of the first two.
    """

    def decode(self, reply: Reply, key: Any, client: nn.Module) -> Float[Tensor, "query class depth height width"]:
        """The segmentation as seen through each query."""

    def pool(self, decoded: Float[Tensor, "query class depth height width"], key: Any) -> Probabilities:
        """The segmentation from what was decoded of the key's first queries."""

    def uncertainty_of(
        self, decoded: Float[Tensor, "query class depth height width"], key: Any
    ) -> Float[Tensor, "depth height width"] | None:
        """The uncertainty of the pooled segmentation; None if so many queries cannot tell."""


@runtime_checkable
class Uncertain(Protocol):
    """A defense that is not `QueryWise` and whose client can tell where its answer may be wrong."""

    def uncertainty(self, reply: Reply, key: Any, client: nn.Module) -> Float[Tensor, "depth height width"] | None:
        """Beside the map of `recover`: larger where an error is likelier, on a scale of its own (client side).

        None if this reply cannot tell, such as the answer to a single query.
        """


@runtime_checkable
class SelfChecked(Protocol):
    """A defense whose own mechanism can be off, such as a warp that is not undone exactly."""

    def self_checks(self, scan: Scan, key: Any, client: nn.Module) -> Mapping[str, float]:
        """What can be off, by name, for one scan under one key (client side)."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where networks come from that the suite did not train.

    Attributes:
        method: its name.
        digest: hash of the files.
        citation, notes: what whoever brought it says about it.
    """

    method: str
    digest: str
    citation: str | None
    notes: str | None


@runtime_checkable
class Brought(Protocol):
    """A defense whose networks were trained elsewhere, on nobody here knows whom."""

    def origin(self) -> Origin:
        """Where they come from."""


@runtime_checkable
class Amplified(Protocol):
    """A defense that attenuates the scan: what its release looks like when that is undone with the key alone."""

    def amplified(self, release: Release, key: Any) -> Float[Tensor, "channel depth height width"]:
        """The release scaled as if nothing but the target were in it; a control, not an attack."""
