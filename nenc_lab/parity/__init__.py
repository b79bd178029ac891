"""The same scenarios on two networks, and a report on how far apart they come out. START with `batch`.

batch      runs every scenario on both, or takes run folders there are, and reports
existing   run folders named on a command line, by scenario
notes      differences that are known and explained, written down beside the scenarios
text       the report as tables and as markdown
folder     where all of it is kept
"""
