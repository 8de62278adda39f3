"""The site: seeded data, one request handler, and the same handler behind a real HTTP server.

`world` is the data, `page` turns it into HTML, `handler` answers requests, `client` visits in both modes.
What an owner does against visitors is in `defenses`.
"""
