"""`python -m checker` is the `litmus` command."""

import sys

from checker.cli import main

sys.exit(main())
