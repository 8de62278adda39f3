"""What `lab init DIR` writes: a scenario, a study of it, an environment in one file, an analysis script.

The files lie in `files/` as users get them; `write.py` writes them.
"""

from scenarios.templates.write import write_templates

__all__ = ["write_templates"]
