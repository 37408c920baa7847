"""How fast the suite is, side by side with what it replaces: `python -m benchmarks`. No part of the wheel."""

import os

from bench.cli.waiting import wait_briefly

# As the console script does, before torch is loaded: waiting threads must not take the core of whoever works.
wait_briefly(os.environ)
