"""From a configuration to a stored run: execute, store, find again, resume.

`neurogate.runs.execute` drives a session and stores what comes out, `neurogate.runs.store` knows what
a run folder looks like, `neurogate.runs.checkpoint` keeps an unfinished run. What is simulated is
decided in `neurogate.tasks` and `neurogate.config`; how it is shown, in `neurogate.plotting` and
`neurogate.cli`.
"""
