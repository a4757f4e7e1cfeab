"""Backups: all databases at one moment, written down whole, proven, and put back.

A backup is a folder with a ``manifest.json`` and one file per collection: BSON documents one
behind the other, compressed by gzip and, when recipients are given, encrypted by age
(age-encryption.org). It gets its name only when all of it is on the disk.
"""
