"""Maps of class indices: what every comparison of two of them asks for."""

from collections.abc import Sequence

from jaxtyping import UInt8
from torch import Tensor


def require_classes(classes: Sequence[str], **maps: UInt8[Tensor, "depth height width"]) -> None:
    """Refuse maps that hold anything but these classes.

    Args:
        classes: names by index, background first.
        maps: class index per voxel, under the names that the message shall give them.

    Raises:
        ValueError: there is no foreground class, or an index is no class.
    """
    if len(classes) < 2:
        raise ValueError(f"classes must name the background and at least one more, got {list(classes)}")
    for name, given in maps.items():
        highest = int(given.max())
        if highest >= len(classes):
            raise ValueError(f"{name} hold index {highest}, but there are {len(classes)} classes {', '.join(classes)}")
