"""The ledger's protocol (DESIGN 2.2) and the order of days (2.3) as small models, searched through completely.

They speak of the code that was built. Each rule is a `Repair` that names its code and can be switched off: then the
search must find what is lost, doubled or stuck, and print the way there. Where code and model differ, one is wrong.
"""
