"""Proof that the gate has teeth: indexes dropped and queries made worse on purpose, inside transactions."""
