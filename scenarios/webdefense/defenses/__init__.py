"""Defenses: what a site's owner may do against automated visitors, as plug-ins that stack in explicit order.

`base` has the hooks, `stack` the table of names; each other module holds defenses of one kind. A defense sees
only what a real site could see of a visitor, never what the visitor wants.
"""
