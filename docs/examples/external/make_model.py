"""Make the files of a method of your own from plain PyTorch modules: an example for docs/bring-your-own.md.

The method mixes the scan with one secret reference, has the mixture segmented, and takes the reference out again. It
is trained here for some seconds, in a plain loop, on the people whom the suite lets a defense train on.
"""

import argparse
import shutil
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench import config
from bench.data.cached import load_cached
from bench.data.phantom import Phantom
from bench.data.roles import split
from bench.store import Store

HERE = Path(__file__).parent


class Encoder(nn.Module):
    """The hospital's: a mixture, slightly blurred."""

    def forward(self, image: Tensor, references: Tensor, weight: Tensor) -> Tensor:
        """The release."""
        mixture = weight * image + (1 - weight) * references[:, 0]
        return 0.8 * mixture + 0.2 * F.avg_pool3d(mixture, 3, stride=1, padding=1)


class Segmenter(nn.Module):
    """The cloud's: logits of four classes."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv3d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv3d(16, 16, 3, padding=1, stride=2), nn.ReLU()
        )
        self.head = nn.Sequential(nn.Conv3d(17, 16, 3, padding=1), nn.ReLU(), nn.Conv3d(16, 4, 1))

    def forward(self, release: Tensor) -> Tensor:
        """The reply, before softmax."""
        coarse = self.features(release)
        fine = F.interpolate(coarse, scale_factor=2.0, mode="trilinear", align_corners=False)
        return self.head(torch.cat([fine, release], dim=1))


class Decoder(nn.Module):
    """The hospital's: takes the reference's labels out of the answer, as probabilities."""

    def forward(self, reply: Tensor, references: Tensor, labels: Tensor, weight: Tensor) -> Tensor:
        """The segmentation of the scan."""
        unmixed = ((reply - (1 - weight) * labels[:, 0]) / weight).clamp(min=0) + 1e-6
        return unmixed / unmixed.sum(dim=1, keepdim=True)


def main() -> None:
    """Train, export, and put the manifest beside the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("my_model"))
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--subjects", type=int, default=60)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)

    evaluation = config.Evaluation(**config.PRESETS["smoke"])
    cohort = load_cached(Phantom(subjects=given.subjects), None, evaluation.grid, Store.default().cohorts)
    people = split(cohort, evaluation.shares).train
    images = torch.stack([scan.image for scan in people])
    truth = F.one_hot(torch.stack([scan.labels for scan in people]).long(), 4).movedim(-1, 1).float()

    encoder, segmenter, decoder = Encoder(), Segmenter(), Decoder()
    optimizer = torch.optim.Adam(segmenter.parameters(), lr=3e-3)
    for _ in range(given.steps):
        target, reference = torch.randint(len(images), (2, 1))
        weight = torch.empty(1, 1, 1, 1, 1).uniform_(0.5, 1)
        logits = segmenter(encoder(images[target], images[reference][:, None], weight))
        mixed = weight * truth[target] + (1 - weight) * truth[reference]
        loss = F.cross_entropy(logits, mixed)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for network in (encoder, segmenter, decoder):
        network.eval()  # before exporting: what is fixed in the file stays fixed

    image, labels = images[:1], truth[:1][:, None]
    alpha = torch.full((1, 1, 1, 1, 1), 0.7)
    sides = {axis: torch.export.Dim.AUTO for axis in (-3, -2, -1)}
    volume = {image.ndim + axis: size for axis, size in sides.items()}
    stack = {labels.ndim + axis: size for axis, size in sides.items()}
    exported = torch.export.export(encoder, (image, image[:, None], alpha), dynamic_shapes=(volume, stack, {}))
    torch.export.save(exported, given.out / "encoder.pt2")
    torch.jit.script(segmenter).save(str(given.out / "segmenter.pt"))
    exported = torch.export.export(
        decoder, (truth[:1], image[:, None], labels, alpha), dynamic_shapes=(volume, stack, stack, {})
    )
    torch.export.save(exported, given.out / "decoder.pt2")
    if given.out.resolve() != HERE.resolve():
        shutil.copy(HERE / "model.toml", given.out)
    print(f"wrote {', '.join(sorted(path.name for path in given.out.iterdir()))} to {given.out}")


if __name__ == "__main__":
    main()
