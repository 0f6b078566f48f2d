"""Mutation testing (`make mutants`): every small change to a module's code should make one of its tests fail.

cosmic-ray's operators make the changes. Its own runner starts pytest anew for each of them, which takes seconds here
(torch is imported); so a process that has the libraries loaded, and nothing of ours, forks a child for each change,
which imports the changed module and runs the tests.
"""
