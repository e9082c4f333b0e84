"""`make demo`: the main job of pxctl, end to end, on a scratch copy of this repository's sample configuration."""
