"""The pages in a real browser: what people with and without a mouse, a large screen or JavaScript meet there."""
