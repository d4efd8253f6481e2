"""The ledger's protocol (DESIGN 2.2) and the order of days (2.3) as small models, searched through completely.

They model the code as it was built. Each rule is a `Repair` that names its code and can be switched off: then the
search must find an event that is lost or doubled, or a slice that is stuck, and print the steps there. Where code and
model differ, one of them is wrong.
"""
