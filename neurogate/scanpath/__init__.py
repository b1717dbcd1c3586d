"""Scanpaths: the fixations of eyes on a picture, measures of their likeness, and models that make them.

Import what you need from the module that defines it.
"""
