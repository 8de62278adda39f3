"""Organisms in the making: scripted agents play, the log is read by SQL, a small model learns their acts.

Read `recipe.py` for what an organism is made of, `bluff.py` for one; an organism is one such file and one
line in `RECIPES`. `data.py` simulates and reads, `calibration.py` judges against the exact mixture,
`training.py` makes one, `checking.py` tries one in the world it was taught in. Torch stays in
`agents.organisms`.
"""
