"""The channels: how a message leaves the house. One file per way, one Protocol for all."""
