"""The registry's HTTP interface: one file per resource, the schemas beside."""
