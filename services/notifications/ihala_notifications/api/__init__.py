"""The HTTP interface: one file per resource. Parse, authorise, answer; nothing is decided here."""
