"""The contact sheet: every prepared scan at a glance, those that stand out first."""

import base64
import html
import io
from collections.abc import Sequence
from pathlib import Path

import nibabel
import numpy as np
from jaxtyping import Bool, Float32, UInt8
from PIL import Image, ImageDraw

from bench.atomic import write_text
from bench.data.prepare.reference import load_reference
from bench.data.prepare.result import Prepared
from bench.data.prepare.write import IMAGE

PICTURE, PAGE = "contact-sheet.png", "contact-sheet.html"
COLUMNS = 4
CAPTION = 14
OUTLINE = (255, 170, 0)
"""Colour of the border of the template's brain."""
WARNING = (255, 90, 90)

Tile = UInt8[np.ndarray, "row column 3"]


def outliers_first(scans: Sequence[Prepared]) -> list[Prepared]:
    """Scans by how much they need a look: those with a suspicion, then by overlap with the template."""
    return sorted(scans, key=lambda scan: (not scan.quality.suspicion, scan.quality.dice, scan.row.name))


def write_sheet(scans: Sequence[Prepared], spacing_mm: float, title: str, out: Path) -> tuple[Path, Path]:
    """A picture and a page with three slices of every scan and the outline of the template's brain.

    Both show people's scans: they are as private as those.
    """
    ordered = outliers_first(scans)
    outline = load_reference(spacing_mm).mask
    tiles = [_tile(scan, outline) for scan in ordered]
    picture, page = out / PICTURE, out / PAGE
    temporary = picture.with_name(f".{PICTURE}")
    try:
        _montage(ordered, tiles).save(temporary, format="PNG")
        temporary.replace(picture)
    finally:
        temporary.unlink(missing_ok=True)
    write_text(page, _page(ordered, tiles, title))
    return picture, page


def _tile(scan: Prepared, brain: Bool[np.ndarray, "depth height width"]) -> Tile:
    image = np.asarray(nibabel.load(scan.place / IMAGE).dataobj, np.float32)
    middle = [side // 2 for side in image.shape]
    views = []
    for axis in (2, 1, 0):  # axial, coronal, sagittal
        index = middle[axis]
        views.append(_slice(image.take(index, axis), brain.take(index, axis)))
    height = max(view.shape[0] for view in views)
    padded = [np.pad(view, ((0, height - view.shape[0]), (0, 2), (0, 0))) for view in views]
    return np.concatenate(padded, axis=1)


def _slice(values: Float32[np.ndarray, "x y"], brain: Bool[np.ndarray, "x y"]) -> Tile:
    gray = np.repeat((255 * np.clip(values, 0, 1)).astype(np.uint8)[..., None], 3, axis=-1)
    inner = brain.copy()
    for axis in (0, 1):
        for step in (1, -1):
            inner &= np.roll(brain, step, axis)
    gray[brain & ~inner] = OUTLINE
    return np.ascontiguousarray(gray.swapaxes(0, 1)[::-1])  # up is superior or anterior


def _montage(scans: Sequence[Prepared], tiles: Sequence[Tile]) -> Image.Image:
    height, width = tiles[0].shape[0] + CAPTION, tiles[0].shape[1] + 6
    rows = -(-len(tiles) // COLUMNS)
    sheet = Image.new("RGB", (width * min(COLUMNS, len(tiles)), height * rows))
    draw = ImageDraw.Draw(sheet)
    for index, (scan, tile) in enumerate(zip(scans, tiles, strict=True)):
        left, top = width * (index % COLUMNS), height * (index // COLUMNS)
        sheet.paste(Image.fromarray(tile), (left, top + CAPTION))
        caption = f"{scan.row.name}  {scan.quality.dice:.3f}"
        draw.text((left + 2, top + 1), caption, fill=WARNING if scan.quality.suspicion else (255, 255, 255))
    return sheet


def _page(scans: Sequence[Prepared], tiles: Sequence[Tile], title: str) -> str:
    rows = "\n".join(_row(scan, tile) for scan, tile in zip(scans, tiles, strict=True))
    odd = sum(bool(scan.quality.suspicion) for scan in scans)
    heads = ("scan", "", "Dice", "r", "MI", "size", "cut off", "look because")
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{html.escape(title)}, prepared</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; color: #222; background: #fff }}
table {{ border-collapse: collapse }}
td, th {{ padding: .3rem .7rem; text-align: right; border-bottom: 1px solid #ddd }}
td:first-child, td:last-child, th:first-child, th:last-child {{ text-align: left }}
img {{ display: block; image-rendering: pixelated }}
tr.odd td {{ background: #fff1ee }}
@media (prefers-color-scheme: dark) {{
  body {{ color: #ddd; background: #161616 }} td, th {{ border-color: #333 }} tr.odd td {{ background: #3a1d18 }}
}}
</style>
<h1>{html.escape(title)}, prepared</h1>
<p>{len(scans)} scans in the space of the MNI152 template, {odd} to look at, those first. Orange: the template's brain.
Dice: overlap with it; r: correlation with the template; MI: mutual information; size: volume over the template's.
This page shows people's scans and is as private as those.</p>
<table><thead><tr>{"".join(f"<th>{head}</th>" for head in heads)}</tr></thead><tbody>
{rows}
</tbody></table></html>
"""


def _row(scan: Prepared, tile: Tile) -> str:
    quality = scan.quality
    stream = io.BytesIO()
    Image.fromarray(tile).save(stream, format="PNG")
    data = base64.b64encode(stream.getvalue()).decode()
    cells = (
        html.escape(scan.row.name),
        f'<img alt="three slices of {html.escape(scan.row.name)}" src="data:image/png;base64,{data}">',
        f"{quality.dice:.3f}",
        f"{quality.correlation:.2f}",
        f"{quality.mutual_information:.2f}",
        f"{quality.scale:.2f}",
        f"{quality.cut_off:.1%}",
        html.escape(quality.suspicion),
    )
    return f'<tr class="{"odd" if quality.suspicion else "fine"}">{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
