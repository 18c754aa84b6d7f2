"""JSONB columns against their pydantic models."""
