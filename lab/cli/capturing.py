"""The command that adds activations to a log: `capture`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lab.cli.options import Db, Json
from lab.cli.printing import counted, say, say_json
from lab.cli.progress import Progress, progress

if TYPE_CHECKING:
    from lab.runner.reread_plan import Reread


Target = Annotated[
    str, typer.Argument(metavar="RUN|STUDY", help="A study's name or the beginning of a run's id.")
]
Sites = Annotated[
    str | None, typer.Option("--sites", metavar="NAMES", help="Which sites; see `lab list sites`.")
]
Layers = Annotated[
    str | None, typer.Option("--layers", metavar="WHICH", help="all, every4, mid or numbers: 0,3,-1.")
]
Spans = Annotated[
    str | None, typer.Option("--spans", metavar="NAMES", help="Which tokens: pre_choice, post …")
]
Dtype = Annotated[
    Literal["auto", "float32", "bfloat16", "float16"] | None,
    typer.Option("--dtype", help="Of the numbers kept."),
]
Weights = Annotated[
    str | None, typer.Option("--weights", metavar="local/ID", help="What reads, in place of what answered.")
]
Reader = Annotated[
    Literal["same", "proxy"],
    typer.Option("--reader", help="proxy: another model may read; claims then end at L1."),
]
Tolerance = Annotated[
    float | None,
    typer.Option(
        "--tolerance", metavar="NATS", min=0, help="Largest difference to a logged log-probability."
    ),
]
AgentName = Annotated[str | None, typer.Option("--agent", metavar="A", help="Only this agent's answers.")]
CaptureGb = Annotated[float, typer.Option("--capture-gb", metavar="GB", min=0, help="Most that may be kept.")]


def capture(
    name: Target,
    sites: Sites = None,
    layers: Layers = None,
    spans: Spans = None,
    dtype: Dtype = None,
    weights: Weights = None,
    reader: Reader = "same",
    tolerance: Tolerance = None,
    agent: AgentName = None,
    capture_gb: CaptureGb = 2.0,
    db: Db = None,
    json: Json = False,
) -> None:
    """Read logged answers again and keep activations."""
    from lab.api.captures import capture as add_captures

    watch = _Shown()
    try:
        done = add_captures(
            name,
            options=_options(sites=sites, layers=layers, spans=spans, dtype=dtype),
            weights=weights,
            proxy=reader == "proxy",
            tolerance=tolerance,
            agent=agent,
            capture_gb=capture_gb,
            db=db,
            watch=watch,
        )
    finally:
        watch.close()
    if json:
        say_json(asdict(done))
    else:
        _tell(done)


def _options(**texts: str | None) -> dict[str, Any]:
    """Options as a policy takes them, those that were given."""
    given: dict[str, Any] = {name: text for name, text in texts.items() if text is not None}
    for name in ("sites", "spans"):
        if name in given:
            given[name] = [one.strip() for one in given[name].split(",") if one.strip()]
    parts = str(given.get("layers", "")).split(",")
    if all(part.strip().removeprefix("-").isdecimal() for part in parts):
        given["layers"] = [int(part) for part in parts]
    return given


def _tell(done: Reread) -> None:
    by = f" by {', '.join(done.models)}" if done.models else ""
    words = f"{counted(done.captured, 'answer')} of {counted(done.runs, 'run')} read again{by}"
    say(f"{words}, {done.skipped} were captured before" if done.skipped else words)
    if done.gap is not None:
        say(f"largest difference to a logged log-probability: {done.gap:.2g} nats")
    if done.unchecked:
        say(f"{counted(done.unchecked, 'answer')} unchecked: the log has no log-probabilities of them")
    if done.proxy:
        say(f"{counted(done.proxy, 'answer')} read by a proxy: what is found in them reaches L1 at most")
    for reason, count in done.passed.items():
        say(f"{counted(count, 'answer')} left out: {reason}")


class _Shown:
    """Progress over runs: those checked, then those read."""

    def __init__(self) -> None:
        self._progress: Progress | None = None

    def begin(self, what: str, runs: int) -> None:
        self.close()
        if runs > 1:
            self._progress = progress()
            self._progress.begin(what, done=0, runs=runs)

    def advance(self) -> None:
        if self._progress is not None:
            self._progress.advance(failed=False)

    def close(self) -> None:
        """Nothing more is shown."""
        if self._progress is not None:
            self._progress.close()
        self._progress = None
