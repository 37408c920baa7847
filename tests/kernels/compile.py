"""Prints what the MS-SSIM kernel becomes on an H100 or H200: `compile.py COARSEST`."""

import sys

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from bench.metrics.engine.gpu.kernel import block_sums
from bench.metrics.engine.gpu.prepared import Program

program = Program()
constants = {
    "COARSEST": sys.argv[1] == "1",
    "SIDE": program.side,
    "PLANES": program.planes,
    "ROWS": program.rows,
}
types = {
    **dict.fromkeys(block_sums.arg_names, "fp32"),
    **dict.fromkeys(("x", "mean_x", "spread_x", "y", "mean_y", "spread_y", "out"), "*fp32"),
    **dict.fromkeys(("filled_x", "filled_y", "tops", "lefts"), "*i32"),
    **dict.fromkeys(("rows", "columns", "depth", "height", "width"), "i32"),
    **dict.fromkeys(constants, "constexpr"),
}
made = triton.compile(
    ASTSource(block_sums, types, constexprs=constants),
    target=GPUTarget("cuda", 90, 32),
    options={"num_warps": program.side**2},
)
print(made.asm["ptx"])
