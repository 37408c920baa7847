"""How fast the suite is, side by side with what it replaces: `python -m benchmarks`. No part of the wheel."""

import os

# As the console script does, before torch is loaded: waiting threads must not take the core of whoever works.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
