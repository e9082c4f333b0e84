"""The contract's rules, one module a subject: each takes a look at the snapshot and yields faults."""
