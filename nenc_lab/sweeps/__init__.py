"""Many runs over a space of settings. Call it as `nenc_lab.sweep`; START READING with `batch`.

schema    the words of a sweep file        |
load      a file to a Sweep, checked       |  WHAT to run: nothing here knows of processes
space     keys and values to points        |
plan      points to checked scenarios      |
task      one run to its row of figures (columns)
store     the folder: rows kept through a kill, found again by content hash
batch     plan, store and `nenc_lab.pool` together
result    what comes out: frame, best, gain map
"""
