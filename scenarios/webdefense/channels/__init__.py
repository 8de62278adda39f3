"""Channels: what an automated visitor gets to read of a page, and which hidden texts thereby reach it.

Three ways to read (`reading`), the style filter of the careful one (`visible`), and the exact account of what
was read (`exposure`). Only this package knows selectolax.
"""
