"""What reads and changes the inside of a local model: sites, capture, readers, interventions.

The behavior log already carries what probes join to: every decision's id, hidden truths and claims.
"""
