"""``python -m lab.bench.peak DATABASE RUNS``: run a study of so many runs, print the peak memory in KiB."""

from __future__ import annotations

import resource
import sys
import tempfile
from pathlib import Path

STUDY = """\
schema: 1
study: memory
scenario:
  schema: 1
  name: memory
  environment: social/public_goods
  params: {{rounds: 5}}
  agents:
    - {{name: all, count: 4, policy: {{kind: scripted, name: conditional_cooperator}}}}
seeds: {{count: {runs}, root: 1}}
"""


def main(database: str, runs: int) -> int:
    """Run the study, then say what it took."""
    from lab.api import batch

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "memory.study.yaml"
        path.write_text(STUDY.format(runs=runs))
        batch(path, db=database)
    return peak_kib()


def peak_kib() -> int:
    """The most resident memory that this program took, in KiB.

    Linux hands `ru_maxrss` of a large parent down to its children, so the process's own high-water mark is
    read where there is one.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(status.partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    sys.stdout.write(str(main(sys.argv[1], int(sys.argv[2]))))
