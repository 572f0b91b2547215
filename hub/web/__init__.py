"""The hub's web pages: one module per page family, plain forms, one redirect after each change."""
