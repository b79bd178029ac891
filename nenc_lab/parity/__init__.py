"""Runs the same scenarios on two networks and reports how much the results differ. Start reading with `batch`.

batch      runs every scenario on both networks, or takes existing run folders, and reports
existing   groups the run folders named on a command line by scenario
notes      reads files of known and explained differences
text       writes the report as tables and as Markdown
folder     the folder that holds a report
"""
