"""Where referrals, facilities' facts and persons' keys are kept: one file per collection."""
