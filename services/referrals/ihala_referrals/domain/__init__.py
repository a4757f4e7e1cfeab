"""What is true of a referral: states, rules and ranking, in plain Python."""
