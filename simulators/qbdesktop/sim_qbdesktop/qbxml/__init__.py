"""Reading, checking and writing qbXML."""
