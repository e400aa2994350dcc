"""The application: words, scoring, pages and the command line."""
