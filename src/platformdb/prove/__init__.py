"""Whether undo files take back exactly what their migrations did."""
