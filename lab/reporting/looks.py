"""How pages look: on a screen, on a phone, on paper."""

from __future__ import annotations

from lab.reporting.colors import FALSE, INK, MUTED, PAPER, RULE, SERIES, SHADE, TRUE

STYLE = f"""
:root {{ color-scheme: light; --measure: 44rem; }}
* {{ box-sizing: border-box; }}
html {{ -webkit-text-size-adjust: 100%; }}
body {{ margin: 0 auto; padding: 3rem 1.25rem 5rem; max-width: calc(var(--measure) + 2.5rem);
  font: 1.0625rem/1.6 system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
  color: {INK}; background: {PAPER}; font-variant-numeric: lining-nums; }}
h1 {{ font-size: 2rem; line-height: 1.2; letter-spacing: -0.015em; margin: 0 0 0.75rem; text-wrap: balance; }}
h2 {{ font-size: 1.375rem; line-height: 1.3; letter-spacing: -0.01em; margin: 0 0 0.5rem; }}
h3 {{ font-size: 1rem; margin: 2rem 0 0.5rem; }}
p {{ margin: 0 0 0.9rem; overflow-wrap: anywhere; }}
ul {{ margin: 0 0 0.9rem; padding-left: 1.25rem; }}
li {{ margin: 0.2rem 0; overflow-wrap: anywhere; }}
a {{ color: {SERIES[0]}; }}
.lead {{ font-size: 1.15rem; color: {MUTED}; }}
code {{ font: 0.92em ui-monospace, Menlo, "Liberation Mono", monospace; }}
.small {{ font-size: 0.85rem; color: {MUTED}; margin: 0.4rem 0; }}
section {{ border-top: 1px solid {RULE}; margin-top: 3rem; padding-top: 2rem; }}
.headline {{ font-size: 1.2rem; line-height: 1.5; text-wrap: pretty; }}
.verdict, .mark {{ display: inline-block; border-radius: 999px; padding: 0.1rem 0.7rem;
  margin: 0 0.4rem 0.6rem 0; font-size: 0.85rem; border: 1px solid {RULE}; }}
.verdict {{ background: {INK}; border-color: {INK}; color: {PAPER}; font-weight: 600; }}
.disallowed li::marker {{ content: "✕  "; color: {FALSE}; }}
.allowed li::marker {{ content: "✓  "; color: {TRUE}; }}
.scroll {{ overflow-x: auto; -webkit-overflow-scrolling: touch; }}
table {{ border-collapse: collapse; width: 100%; font-size: 0.875rem; line-height: 1.4;
  font-variant-numeric: lining-nums tabular-nums; }}
th, td {{ text-align: left; vertical-align: top; padding: 0.4rem 0.9rem 0.4rem 0;
  border-bottom: 1px solid {RULE}; }}
th {{ font-weight: 600; white-space: nowrap; }}
td.number {{ white-space: nowrap; }}
.ladder td:first-child {{ font-weight: 600; white-space: nowrap; }}
.ladder .outcome {{ white-space: nowrap; }}
.passed {{ color: {TRUE}; }} .failed {{ color: {FALSE}; }} .not-tested {{ color: {MUTED}; }}
.reason {{ display: block; color: {MUTED}; white-space: normal; }}
figure {{ margin: 2rem 0; }}
.drawing svg, .drawing img {{ display: block; width: 100%; min-width: 34rem; height: auto; }}
details {{ margin: 0.5rem 0; }}
summary {{ cursor: pointer; color: {MUTED}; font-size: 0.85rem; }}
pre {{ background: {SHADE}66; border-radius: 6px; padding: 0.8rem 1rem; overflow-x: auto; margin: 0 0 0.9rem;
  font: 0.85rem/1.5 ui-monospace, Menlo, "Liberation Mono", monospace;
  white-space: pre-wrap; overflow-wrap: anywhere; }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1rem; font-size: 0.85rem; }}
dt {{ color: {MUTED}; }}
dd {{ margin: 0; overflow-wrap: anywhere; font-family: ui-monospace, Menlo, "Liberation Mono", monospace; }}
@media (max-width: 36rem) {{
  body {{ padding: 1.5rem 1rem 3rem; font-size: 1rem; }}
  h1 {{ font-size: 1.6rem; }}
  .ladder thead {{ display: none; }}
  .ladder tr {{ display: block; border-bottom: 1px solid {RULE}; padding: 0.6rem 0; }}
  .ladder td {{ display: block; border: 0; padding: 0.1rem 0; }}
  .ladder td:empty {{ display: none; }}
  .ladder td:not(:first-child)::before {{ content: attr(data-label) ": "; color: {MUTED}; }}
  dl {{ grid-template-columns: 1fr; gap: 0; }} dd {{ margin-bottom: 0.4rem; }}
}}
@media print {{
  body {{ padding: 0; max-width: none; font-size: 10pt; }}
  figure, .ladder tr, pre {{ break-inside: avoid; }}
  h2, h3 {{ break-after: avoid; }}
  summary {{ list-style: none; }}
  .drawing svg, .drawing img {{ min-width: 0; max-width: 17cm; }}
}}
"""
