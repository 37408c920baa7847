"""What a defense measures of its own mechanism reaches the record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
import torch
from torch import nn

from bench.progress import Display
from bench.runner.leakage.planted import Image, IntensityServer, PlantedLeak
from bench.runner.traffic.parties import Client, Server
from bench.runner.utility.measure import measure_utility
from bench.types.scan import Roles, Scan
from bench.types.traffic import Release


@dataclass(frozen=True, kw_only=True)
class Unchecked(PlantedLeak):
    """Sends the image."""

    name: ClassVar[str] = "unchecked"

    def protect(self, image: Image, key: Any, client: nn.Module) -> Release:
        return Release(image[None])


@dataclass(frozen=True, kw_only=True)
class Checked(Unchecked):
    """Says how bright its scans are."""

    name: ClassVar[str] = "checked"

    def self_checks(self, scan: Scan, key: Any, client: nn.Module) -> Mapping[str, float]:
        return {"brightness": float(scan.image.mean())}


def test_self_checks_are_averaged_over_people(roles: Roles) -> None:
    scans, device = roles.test.first_visits(), torch.device("cpu")
    for defense, expected in ((Unchecked(), None), (Checked(), sum(float(s.image.mean()) for s in scans) / len(scans))):
        client = Client(defense, nn.Identity(), (), device, "salt")
        server = Server(defense, IntensityServer([0.0, 0.25, 0.575, 0.9]), device)
        found = measure_utility(client, server, scans, (1,), 0, Display(quiet=True)).utility.self_checks
        if expected is None:
            assert found == {}
        else:
            assert found["brightness"].value == pytest.approx(expected)
            assert found["brightness"].n == len(scans)
