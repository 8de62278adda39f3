"""What tests lean on: fakes, builders, and the record of verified oracles."""
