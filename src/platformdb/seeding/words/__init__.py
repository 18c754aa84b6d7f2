"""What texts and documents are made of."""
