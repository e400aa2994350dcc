"""The served pages, one module per area; each is a router of its own."""
