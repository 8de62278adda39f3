"""Messages between agents, as a reader sees them: quoted as data, in segments that name the speaker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from lab.core.canonical import canonical
from lab.core.records import Segment


def quoted_messages(
    said: Sequence[Mapping[str, str]],
    *,
    reader: str,
    called: Callable[[str], str],
    silence: str | None = None,
) -> Iterator[Segment]:
    """One segment for each message, in order.

    A text is written as a JSON string: its quotes and line breaks are escaped, so that no message can pass
    for another part of the prompt.

    Args:
        said: ``from`` and ``text`` of each message.
        reader: the agent that reads; its own messages are told as ``You``.
        called: what a speaker is called in words.
        silence: what is told instead when all could write and nobody did; None while that is still open.
            A reader that alone wrote is told so.
    """
    if silence and not said:
        yield Segment("messages", silence)
    for number, message in enumerate(said, 1):
        speaker = "You" if message["from"] == reader else called(message["from"])
        text = f"{speaker} wrote: {canonical(message['text'])}"
        yield Segment(f"message {number} from {message['from']}", text)
    if silence and said and all(message["from"] == reader for message in said):
        yield Segment("messages", "Nobody else sent a text.")
