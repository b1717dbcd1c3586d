"""What is asked of a model: paradigms, the schedule of trials, and the session that runs them.

A task turns settings into input currents, targets and outcomes; `session` lets a reservoir live through
the trials while rules learn, and judges what was learned in frozen omission probes.
"""
