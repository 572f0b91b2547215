"""The QuickBooks Web Connector: it visits a web service and carries qbXML between it and QuickBooks."""
