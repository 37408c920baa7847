"""Runs `checks.py` wherever the kernel can run, and compiles the kernel for a GPU that need not be there."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

CHECKS = Path(__file__).with_name("checks.py")

needs_triton = pytest.mark.skipif(
    find_spec("triton") is None, reason="Triton is not installed; it comes with torch's builds for CUDA"
)


def run_checks(environment: dict[str, str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(CHECKS)],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.slow
@needs_triton
def test_the_kernel_is_right_under_the_interpreter() -> None:
    run_checks(os.environ | {"TRITON_INTERPRET": "1", "CUDA_VISIBLE_DEVICES": ""})


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU")
def test_the_kernel_is_right_on_a_gpu() -> None:
    run_checks({name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"})


@needs_triton
@pytest.mark.parametrize("coarsest", [False, True])
def test_the_kernel_compiles_for_a_hopper_gpu(coarsest: bool) -> None:
    """In a process of its own, which must not interpret; no GPU is needed to compile."""
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    ended = subprocess.run(
        [sys.executable, str(CHECKS.with_name("compile.py")), str(int(coarsest))],
        env=environment | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert "shfl.sync.idx" in ended.stdout  # neighbours along the width come from registers, not from memory
