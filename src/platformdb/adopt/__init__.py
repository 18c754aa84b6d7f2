"""Coming from another tool: its history taken over, its directory written as native files."""
