"""The whole path: real engine, real plugins over HTTP, simulated Cin7 Core and Xero."""
