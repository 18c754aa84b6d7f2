"""Findings, steps and reports, and how they are shown. Rich is only here."""
