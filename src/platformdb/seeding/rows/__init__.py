"""The world a seed describes, made block by block, in memory or in files."""
