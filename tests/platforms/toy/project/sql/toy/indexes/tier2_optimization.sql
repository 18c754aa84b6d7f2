-- A tool's history; the foreign key to tools.
CREATE INDEX idx_loans_tool_lent ON loans (tool_id, lent_at DESC);
