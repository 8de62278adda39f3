"""Markets: agents that trade with each other, and contests that give capital to traders.

An environment here has money that is conserved to the cent and a value that is known to the rules alone. What
several of them share stands beside them: `metrics` (returns), `behavior` (disposition, herding),
`fundamental` (value processes) and `news` (synthetic news with known truth). Read `lob/rules.py` first.
"""
