"""The embedded LMSR exchange: a market that lives in this process."""
