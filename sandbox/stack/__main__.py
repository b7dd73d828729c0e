"""`python -m sandbox.stack run|up|down|status`."""

import sys

from sandbox.stack.embedded import main

sys.exit(main())
