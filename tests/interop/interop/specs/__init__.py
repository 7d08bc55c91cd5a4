"""Mocks made from providers' own specifications, and our client that is let loose on them."""
