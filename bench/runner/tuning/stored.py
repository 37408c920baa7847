"""Finding what an earlier cross-validation chose."""

import dataclasses
import shlex

from bench import config
from bench.errors import BenchError
from bench.records.tuning import Tuning
from bench.registry import Registry
from bench.runner.cell import Cell, data_parts
from bench.runner.tuning.plan import tuning_address
from bench.store import Store


def tuned(cell: Cell, registry: Registry, store: Store) -> Cell:
    """The same cell under the settings that were chosen for this defense on these data.

    Raises:
        BenchError: there was no such cross-validation; the line says which command makes it.
    """
    request, evaluation = cell.request, cell.evaluation
    data = data_parts(cell.dataset, evaluation, cell.fingerprint)
    path = store.tuning(tuning_address(type(cell.defense), data, evaluation, request.preset, request.seed))
    if not path.exists():
        raise BenchError(
            f"--tuned: no tuning of {request.defense} on {request.data} at {request.preset}, seed {request.seed}, is "
            f"stored for these data and this version; make one with: {_command(cell)}"
        )
    found = Tuning.model_validate_json(path.read_bytes())
    return Cell.resolve(dataclasses.replace(request, tuning=found), registry)


def _command(cell: Cell) -> str:
    request = cell.request
    words = ["bench", "tune", request.defense, "--folds", "3", "--grid", "learning_rate=1e-4,3e-4"]
    words += ["--data", request.data, *(["--root", "DIR"] if request.root else [])]
    words += ["--preset", request.preset, "--seed", str(request.seed)]
    fields = {field.name for part in (cell.dataset, cell.evaluation) for field in dataclasses.fields(part)}  # type: ignore[arg-type]
    for text in request.assignments:
        assignment = config.Assignment.parse(text)
        if assignment.key in fields and assignment.component in (None, "data", "evaluation"):
            words += ["--set", text]
    return shlex.join(words)
