"""The shape report: what a seeded database holds, measured, beside what its seed.toml declares."""
