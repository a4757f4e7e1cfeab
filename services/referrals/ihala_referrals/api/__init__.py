"""The referrals service's HTTP resources: parse, authorise, answer."""
