"""The command line: what a user types, what is printed, and which exit code comes back.

Read `app.py` first. Commands stand by group in `authoring`, `running`, `reading`, `searching`, `repeating`
and `upkeep`. Each imports what it needs when it runs, so that `lab --help` and `lab list` answer at once.
Nothing is decided here: commands call `lab.api`, `lab.analysis` and `db`, and draw what they bring. Only this
package prints.
"""
