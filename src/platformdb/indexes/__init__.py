"""Index tiers: which indexes there should be, and building them."""
