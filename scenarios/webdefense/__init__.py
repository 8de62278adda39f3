"""Web defense: a site that defends itself against automated visitors; people and attackers are made up.

Here belong a website as seeded data (`site`), what visitors can read of its pages (`channels`), what its
owner does about them (`defenses`), and the environments played on it. Nothing here reaches beyond loopback,
and nothing exploits anything. Read `site/handler.py` first.
"""
