"""What the pages ask of the database: small functions, one statement each where possible, counts made by it."""
