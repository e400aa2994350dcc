"""The API: calls in, results out, for programs with a token and for the pages with a session."""
