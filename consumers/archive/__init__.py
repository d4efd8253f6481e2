"""Deliveries to the National Archives, in the layout of the executive order BEK 128/2020 (RET-6)."""
