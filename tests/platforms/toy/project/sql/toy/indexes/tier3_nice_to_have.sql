-- The workshop: what is to be repaired.
CREATE INDEX idx_tools_broken ON tools (updated_at) WHERE condition = 'broken';
