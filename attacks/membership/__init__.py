"""Membership: was the server trained on this person?"""
