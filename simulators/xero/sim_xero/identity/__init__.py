"""The identity service: consent, tokens, connections. Source: Xero developer pages, OAuth 2.0 and Tenants."""
