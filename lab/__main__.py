"""`python -m lab`: the same command line as `lab`."""

from lab.cli.app import main

if __name__ == "__main__":
    main()
