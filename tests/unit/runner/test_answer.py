"""An answer is decoded once, and read like one that was decoded anew."""

from typing import Any

import numpy as np
import torch
from torch import nn

from bench.defenses.mixup.variants import MixupNaiveTTA
from bench.runner.traffic import wire
from bench.runner.traffic.answer import Answer
from bench.runner.traffic.parties import Client, Server
from bench.types.scan import Roles
from bench.types.traffic import Reply
from tests.unit.runner.strangers import Shells

CPU = torch.device("cpu")


class Counting(MixupNaiveTTA):
    """How often its client decodes."""

    decoded = 0

    def decode(self, reply: Reply, key: Any, client: nn.Module) -> torch.Tensor:
        Counting.decoded += 1
        return super().decode(reply, key, client)


def test_queries_are_decoded_once_for_every_budget_and_the_uncertainty(roles: Roles) -> None:
    defense = Counting(queries=3)
    references = roles.references.first_visits().scans
    key = defense.draw_key(np.random.default_rng(0), references)
    maps = torch.rand(3, len(roles.test.classes), *roles.test.shape).softmax(dim=1)
    sent = wire.encode(maps)
    Counting.decoded = 0
    answer = Answer(defense, nn.Identity(), sent, key, CPU)
    partial, whole, uncertainty = answer.recover(2), answer.recover(), answer.uncertainty()
    assert Counting.decoded == 1
    reply = Reply(wire.decode(sent, CPU))
    torch.testing.assert_close(whole, defense.recover(reply, key, nn.Identity()), rtol=0, atol=0)
    torch.testing.assert_close(partial, defense.recover(Reply(reply.maps[:2]), key, nn.Identity()), rtol=0, atol=0)
    again = defense.uncertainty_of(defense.decode(reply, key, nn.Identity()), key)
    torch.testing.assert_close(uncertainty, again, rtol=0, atol=0)


def test_a_defense_that_decodes_all_queries_together_is_asked_each_time(roles: Roles) -> None:
    defense = Shells(queries=2)
    client, server = (kind(defense, nn.Identity(), *more) for kind, more in ((Client, ((), CPU)), (Server, (CPU,))))
    reply = server.serve(client.protect(roles.test.scans[0], None))
    answer = client.answer(reply, None)
    assert torch.equal(answer.recover(1), client.recover(reply[:1], None))
    assert torch.equal(answer.recover(), client.recover(reply, None))
    assert answer.uncertainty() is None
