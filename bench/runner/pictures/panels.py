"""What the picture of a cell shows: what was sent, what came back, what the client made of it (Fig. 2 of the paper)."""

import torch

from bench.defense import Illustrated, Networks, Panel
from bench.runner.traffic import wire
from bench.runner.traffic.parties import Client, Server
from bench.types.scan import Scan


def panels_for(client: Client, server: Server, scan: Scan, key: object, networks: Networks) -> list[list[Panel]]:
    """Rows of panels: the defense's own, or the way of the scan through the system."""
    if isinstance(client.defense, Illustrated):
        moved = Scan(
            image=scan.image.to(client.device),
            labels=scan.labels.to(client.device),
            subject=scan.subject,
            family=scan.family,
            session=scan.session,
        )
        with torch.inference_mode():
            return client.defense.illustrate(moved, key, networks)
    release = client.protect(scan, key)
    reply = server.serve(release)
    sent = wire.decode(release.queries, torch.device("cpu"))
    back = wire.decode(reply, torch.device("cpu"))
    recovered = client.recover(reply, key)
    return [
        [
            Panel("target", scan.image[0], is_label=False),
            Panel("sent (first query)", sent[0, 0], is_label=False),
            Panel("server's map", back[0].argmax(dim=0), is_label=True),
            Panel("recovered", recovered.argmax(dim=0), is_label=True),
            Panel("truth", scan.labels, is_label=True),
        ]
    ]
