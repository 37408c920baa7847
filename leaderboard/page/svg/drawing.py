"""Building SVG elements; ElementTree does the escaping."""

from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from markupsafe import Markup


@dataclass(frozen=True)
class Size:
    """Width and height of a drawing in CSS pixels."""

    width: int
    height: int


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: "Box") -> float:
        """Common area in square pixels."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0.0) * max(height, 0.0)

    def inside(self, other: "Box") -> bool:
        """Whether this box lies within the other."""
        return (
            self.left >= other.left
            and self.top >= other.top
            and self.right <= other.right
            and self.bottom <= other.bottom
        )


def pixels(value: float) -> str:
    """A coordinate with one decimal: enough for the eye, and the same text on every machine."""
    return f"{value:.1f}".replace("-0.0", "0.0")


def drawing(size: Size, ident: str, title: str, description: str, css: str) -> Element:
    """An empty SVG with its accessible name."""
    root = Element(
        "svg",
        {
            "class": css,
            "viewBox": f"0 0 {size.width} {size.height}",
            "width": str(size.width),
            "height": str(size.height),
            "role": "img",
            "aria-labelledby": f"{ident}-title {ident}-desc",
        },
    )
    SubElement(root, "title", {"id": f"{ident}-title"}).text = title
    SubElement(root, "desc", {"id": f"{ident}-desc"}).text = description
    return root


def line(parent: Element, css: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    """A straight line."""
    ends = {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]}
    SubElement(parent, "line", {"class": css, **{key: pixels(value) for key, value in ends.items()}})


def text(parent: Element, css: str, at: tuple[float, float], words: str, anchor: str = "start") -> Element:
    """Words whose baseline starts, ends or has its middle at a point."""
    element = SubElement(parent, "text", {"class": css, "x": pixels(at[0]), "y": pixels(at[1]), "text-anchor": anchor})
    element.text = words
    return element


def markup(root: Element) -> Markup:
    """The drawing, ready for the page."""
    return Markup(ElementTree.tostring(root, encoding="unicode"))
