"""The words all packages share: records, action spaces, errors, registries, keyed streams, protocols.

Read `records.py` first. Nothing here imports another package of the lab.
"""
