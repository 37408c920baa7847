"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Plugins = Annotated[
    list[Path] | None, typer.Option("--plugin", help="Python file with an attack, defense or dataset; repeatable.")
]
