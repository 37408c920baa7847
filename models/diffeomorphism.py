"""Smooth invertible warps: velocity fields, their exponentials and what they do to volumes.

A displacement `u` pulls back: the new volume at x shows the old one at x + u(x). Channels are the axes in the order of
the volume, units are voxels of the grid that the field lies on.

Source: scaling and squaring, Arsigny et al., "A log-Euclidean framework for statistics on diffeomorphisms", MICCAI
2006, by MONAI's layers: exp(v) by squaring exp(v / 2^7) seven times; its inverse is exp(-v).
"""

import itertools
import warnings
from collections.abc import Sequence

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn import functional as F

Field = Float[Tensor, "batch 3 depth height width"]
Volumes = Float[Tensor, "batch channel depth height width"]


def exponential(velocity: Field) -> Field:
    """The displacement of the flow along `velocity` for unit time; beyond the grid the field is continued.

    No component of it exceeds the largest of the velocity.
    """
    from monai.networks.blocks import DVF2DDF

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*PyTorch native grid_sample")
        flow = DVF2DDF(num_steps=7, padding_mode="border")  # a fresh one: it keeps a grid of the size it saw first
    displacement: Tensor = flow(velocity)
    return displacement


def warp(volumes: Volumes, displacement: Field) -> Volumes:
    """Every volume pulled back, trilinear; beyond the border stands what is on it."""
    from monai.networks.blocks import Warp

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*PyTorch native grid_sample")
        layer = Warp(padding_mode="border")
    warped: Tensor = layer(volumes, displacement)
    return warped


def warp_sharply(volumes: Volumes, displacement: Field) -> Volumes:
    """Every volume pulled back by cubic spline interpolation, which may leave the range of its values.

    Trilinear interpolation blurs a scan at every warp but one by whole voxels, and a generator that is trained through
    it learns to shift by whole voxels.

    Source: Ruijters et al., "Efficient GPU-based texture interpolation using uniform B-splines", Journal of Graphics
    Tools 13(4), 2008, Eq. (5) to (8): the 64 neighbours by eight trilinear readings. The spline's coefficients are
    SciPy's.
    """
    from scipy.ndimage import spline_filter

    coefficients = torch.stack(
        [torch.from_numpy(spline_filter(x, order=3, output="float32")) for x in volumes.flatten(0, 1).cpu().numpy()]
    ).reshape(volumes.shape)
    coefficients = coefficients.to(volumes.device)
    where = displacement + _identity(displacement)
    cell = where.floor()
    f = where - cell
    w = ((1 - f) ** 3 / 6, 2 / 3 - f**2 * (2 - f) / 2, 2 / 3 - (1 - f) ** 2 * (1 + f) / 2, f**3 / 6)
    weights = (w[0] + w[1], w[2] + w[3])
    reads = (cell - 1 + w[1] / weights[0], cell + 1 + w[3] / weights[1])
    total = torch.zeros_like(volumes)
    for corner in itertools.product((0, 1), repeat=3):
        weight = torch.stack([weights[side][:, axis] for axis, side in enumerate(corner)]).prod(dim=0)
        read = torch.stack([reads[side][:, axis] for axis, side in enumerate(corner)], dim=1)
        total = total + weight[:, None] * warp(coefficients, read - _identity(displacement))
    return total


def _identity(like: Field) -> Float[Tensor, "1 3 depth height width"]:
    axes = [torch.arange(side, device=like.device, dtype=like.dtype) for side in like.shape[2:]]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"))[None]


def in_lattice_units(field: Field, shape: Sequence[int]) -> Field:
    """A field in voxels of a volume of `shape`, in nodes of the lattice that spans the volume corner to corner."""
    return field / _voxels_per_node(field, shape)


def on_voxels(
    displacement: Field, shape: Sequence[int], starts: Int64[Tensor, "batch 3"], sides: Sequence[int]
) -> Float[Tensor, "batch 3 side_depth side_height side_width"]:
    """A displacement on a lattice, read at the voxels of one window a field, in voxels.

    Args:
        displacement: on a lattice that spans the volume corner to corner, in nodes.
        shape: voxels of the volume; `sides`: of the windows.
        starts: the first voxel of each window in its volume.
    """
    device = displacement.device
    axes = []
    for axis, side in enumerate(sides):
        voxels = starts[:, axis, None].to(device) + torch.arange(side, device=device)  # batch side
        axes.append(voxels * (2 / (shape[axis] - 1)) - 1)
    (a, b, c), batch = sides, len(displacement)
    grid = torch.stack(  # grid_sample counts axes from the last
        [
            axes[2][:, None, None, :].expand(batch, a, b, c),
            axes[1][:, None, :, None].expand(batch, a, b, c),
            axes[0][:, :, None, None].expand(batch, a, b, c),
        ],
        dim=-1,
    )
    read = F.grid_sample(displacement, grid.to(displacement.dtype), padding_mode="border", align_corners=True)
    return read * _voxels_per_node(displacement, shape)


def _voxels_per_node(field: Field, shape: Sequence[int]) -> Float[Tensor, "1 3 1 1 1"]:
    ratios = [(side - 1) / (nodes - 1) for side, nodes in zip(shape, field.shape[2:], strict=True)]
    return torch.tensor(ratios, device=field.device)[None, :, None, None, None]


class VelocityGenerator(nn.Module):
    """A smooth velocity field from a code, blind to the image; every component in [-1, 1].

    A multilayer perceptron fills 4^3 nodes; each further width doubles the lattice; the last convolution is bounded by
    tanh and smoothed. Its mean over the lattice is taken out: whoever lines up two volumes undoes a shift. And it is
    odd, v(-c) = -v(c), so that over codes of a symmetric law its mean is zero everywhere: what all keys have in common
    is no secret, and whoever averages releases would find it.

    Args:
        code: length of the code.
        widths: channels of the lattice, coarsest first; the lattice has 4 * 2^(len(widths) - 1) nodes an axis.
        smoothing: standard deviation of the Gaussian, in nodes.
    """

    def __init__(self, code: int, widths: Sequence[int], smoothing: float) -> None:
        super().__init__()
        from monai.networks.layers import GaussianFilter

        if not widths or smoothing <= 0:
            raise ValueError(f"needs at least 1 width and smoothing > 0, got {tuple(widths)} and {smoothing}")
        self.root = nn.Sequential(nn.Linear(code, 128), nn.LeakyReLU(0.2), nn.Linear(128, widths[0] * 4**3))
        self.ups = nn.ModuleList(
            nn.Sequential(
                nn.Upsample(scale_factor=2, mode="trilinear"),
                nn.Conv3d(before, width, 3, padding=1),
                nn.GroupNorm(1, width),  # or the field of an untrained network would be next to nothing
                nn.LeakyReLU(0.2),
            )
            for before, width in itertools.pairwise(widths)
        )
        self.head = nn.Conv3d(widths[-1], 3, 3, padding=1)
        self.smooth = GaussianFilter(3, smoothing)

    def forward(self, code: Float[Tensor, "batch code"]) -> Float[Tensor, "batch 3 nodes nodes nodes"]:
        """Velocities as shares of the largest allowed one."""
        there, back = self._smoothed(torch.cat([code, -code])).chunk(2)
        velocity: Tensor = (there - back) / 2
        return (velocity - velocity.mean(dim=(2, 3, 4), keepdim=True)) / 2

    def _smoothed(self, code: Float[Tensor, "batch code"]) -> Float[Tensor, "batch 3 nodes nodes nodes"]:
        x = self.root(code).unflatten(1, (-1, 4, 4, 4))
        for up in self.ups:
            x = up(x)
        velocity: Tensor = self.smooth(self.head(x).tanh())
        return velocity
