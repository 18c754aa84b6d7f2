"""What a judged run looks like."""
