"""Runs scenarios over a space of settings. Users call `nenc_lab.sweep`; start reading with `batch`.

schema    the keys of a sweep file                        |
load      reads and checks a file                         |  what to run,
space     makes points from keys and their values         |  independent of processes
plan      makes checked scenarios from points             |
task      makes one run and its row of figures (columns)
store     the sweep's folder: keeps rows through a kill and finds them again by content hash
batch     executes a plan with the store and `nenc_lab.pool`
result    opens a finished sweep: its frame, its best point, its gain map
"""
