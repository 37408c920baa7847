"""A cell is named by the code as it was when it was asked for."""

import shutil
from pathlib import Path

from bench.registry import Registry
from bench.runner.cell import Cell, Request

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "nearest_neighbor.py"


def resolved(plugin: Path) -> Cell:
    request = Request(defense="no-proxy", attack="nearest-neighbor", data="phantom", preset="smoke", plugins=(plugin,))
    return Cell.resolve(request, Registry((plugin,)))


def test_an_edit_while_it_runs_changes_neither_name_nor_folder(tmp_path: Path) -> None:
    plugin = shutil.copy(EXAMPLE, tmp_path / "nearest_neighbor.py")
    cell = resolved(plugin)
    folder = cell.folder
    plugin.write_text(plugin.read_text() + "\n# edited\n")
    assert cell.folder == folder
    assert resolved(plugin).folder != folder
