"""Whose code a file is: the attack's or the suite's."""

import importlib
import inspect
import sys
from pathlib import Path

import numpy as np
import torch

from bench.attack import Attack
from bench.runner.attack.authors import Authors


def test_an_installed_attack_is_its_whole_package() -> None:
    installed = type("Installed", (Attack,), {"__module__": "torch.nn"})
    authors = Authors(installed)
    assert authors.wrote(str(torch.__file__))
    assert not authors.wrote(str(np.__file__))
    assert not authors.wrote(str(inspect.__file__))
    assert not authors.wrote(str(Path(__file__).parents[3] / "bench" / "view.py"))
    assert authors.wrote("somewhere/else.py")


def test_a_built_in_attack_is_told_from_the_suite() -> None:
    built_in = type("BuiltIn", (Attack,), {"__module__": "bench.attacks.reid_msssim"})
    importlib.import_module("bench.attacks.reid_msssim")
    authors = Authors(built_in)
    assert authors.wrote(str(sys.modules["bench.attacks.reid_msssim"].__file__))
    assert not authors.wrote(str(sys.modules["bench.view"].__file__))
