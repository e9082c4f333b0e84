"""What holds for every request: one depth-first search over products of sets, with a witness for what does not.

Builds on the compiled policy alone; nothing is sampled.
"""
