"""Drawings of a Vega-Lite specification without a browser, and the script that draws it in one.

The version of Vega-Lite is fixed here, so that pictures and pages are drawn by the same rules.
"""

from __future__ import annotations

import re
from functools import cache

import vl_convert

PNG_SCALE = 2
"""Pixels a point."""

_VEGA_LITE = "6.4"
_TAG = re.compile(r"<[^>]*>")
_COUNTED = re.compile(r'( id="| [\w-]+="url\(#)(clip|gradient_)(\d+)')
_OFFERED = "window.vegaEmbed = vegaEmbed;"


def svg(spec: str) -> str:
    """The drawing as SVG; equal specifications give equal text."""
    return _renumbered(str(vl_convert.vegalite_to_svg(spec, vl_version=_VEGA_LITE)))


def png(spec: str) -> bytes:
    """The drawing as PNG, two pixels a point."""
    return bytes(vl_convert.vegalite_to_png(spec, vl_version=_VEGA_LITE, scale=PNG_SCALE))


@cache
def script() -> str:
    """Vega, Vega-Lite and Vega-Embed in one script (0.9 MB; bundled once a process)."""
    return str(vl_convert.javascript_bundle(_OFFERED, vl_version=_VEGA_LITE))


def _renumbered(drawing: str) -> str:
    """The drawing with its clips and gradients counted from 0; Vega counts on from one drawing to the next.

    Only whole attributes are touched: words that look like them have their quotes escaped there.
    """
    numbers: dict[str, int] = {}

    def counted(found: re.Match[str]) -> str:
        opening, kind, number = found.groups()
        return f"{opening}{kind}{numbers.setdefault(kind + number, len(numbers))}"

    return _TAG.sub(lambda tag: _COUNTED.sub(counted, tag.group()), drawing)
