"""`python -m lab`: the same command line as `lab`."""

import sys

from lab.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
