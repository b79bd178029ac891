"""Runs in real time: real senders and receivers over a real path."""
