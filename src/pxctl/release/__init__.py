"""Change, plan, commit, live, rollback; the only writer of git and of live state.

Knows model, core and load's writer; facts of other rooms arrive as values.
"""
