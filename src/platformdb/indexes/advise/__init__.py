"""What indexes are missing: proposed from the queries, measured on a copy, chosen for the whole workload."""
