"""Writing the templates of `lab init`."""

from __future__ import annotations

from pathlib import Path

from lab.core.errors import UsageError
from scenarios.schema import schema_texts

FILES = Path(__file__).parent / "files"


def write_templates(directory: Path) -> list[Path]:
    """Write the templates and the schemas that their editor modelines name; returns the files, by name.

    Raises:
        UsageError: when a file is there already (nothing is written then), or the folder cannot be written.
    """
    texts = {
        path.name: path.read_text(encoding="utf-8") for path in sorted(FILES.iterdir()) if path.is_file()
    }
    targets = {directory / name: text for name, text in (texts | schema_texts()).items()}
    taken = [str(path) for path in sorted(targets) if path.exists()]
    if taken:
        raise UsageError(f"nothing written: already there: {', '.join(taken)}")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for path, text in targets.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write '{error.filename or directory}': {error.strerror}") from error
    return sorted(targets)
