"""Organisms: small local models trained here, whose hidden variable is known.

`cards.py` says which there are, without loading any; `tokens.py` gives each its words, `train.py` trains it
on episodes in words, `trained.py` saves, loads and asks it. No environment and no database belongs here:
`lab.organism` reads the log and hands over sequences. `shipped/` holds what comes trained.
"""
