from __future__ import annotations

import torch

from lab.core.calls import ModelRequest
from lab.core.captures import SPANS, Captured, CapturedSpan, CaptureSpec, SiteShape

KEPT = CapturedSpan("pre_choice", 4, 5, 17)
ABSENT = CapturedSpan("post", reason="the reply was cut")


def test_a_capture_counts_the_bytes_of_its_rows_and_tells_which_spans_have_one() -> None:
    rows = (torch.zeros(1, 4), torch.zeros(1, 8))
    captured = Captured(
        (ABSENT, KEPT), (SiteShape("resid_post", 0, 4), SiteShape("z", 1, 8)), rows, "float32"
    )
    assert captured.present == (KEPT,)
    assert captured.bytes == 4 * 4 + 8 * 4


def test_what_is_kept_is_no_part_of_what_is_asked() -> None:
    plain = ModelRequest("m", ({"role": "user", "content": "Hello"},))
    capturing = ModelRequest("m", plain.messages, capture=CaptureSpec(), locate=lambda _: None)
    assert capturing.hash == plain.hash
    assert capturing == plain


def test_the_default_is_the_residual_of_every_layer_before_the_choice() -> None:
    spec = CaptureSpec()
    assert (spec.sites, spec.layers, spec.spans) == (("resid_post",), "all", ("pre_choice",))
    assert set(spec.spans) <= set(SPANS)
