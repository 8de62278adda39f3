"""Sites: named places inside a language model, the modules that hold them, and what reads them there.

A site is a name and a layer, `resid_post[3]`, whatever the architecture. `names` says which there are and
needs no torch, `families` holds as data which module of a family is which site, `places` and `site_map` find
them in a loaded model, `selftest` proves them before anything is read, `hooks` reads and writes them, `tape`
keeps the rows and scores that were asked for. Read `names` first, then `tape`.
"""
