"""One publish target a file."""
