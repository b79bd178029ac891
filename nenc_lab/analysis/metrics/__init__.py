"""Every figure of a run, in one table: what it is called, what it means, and the function that computes it.

table ---- metric          READ table.py FIRST: a new figure is one entry there, and its function in a file beside it
  |------- delivery        how much arrived of what could have: utilisation, goodput, loss, feedback
  |------- delay           waits in queues, round trips, frames from capture to arrival
  |------- frames          what the viewer saw: late and damaged frames, freezes, picture quality
  |------- encoder         how well the encoder hit its target, and what kept it from it
  |------- rate            what the controller asked for, and how often it swung
  |------- response        how the rate answered a change
  `------- run             the run as a whole: speed, fairness
shape      the nested form that figures have in run.json
over_changes               how a sweep sums up the changes of a run in one cell
reference  the table as Markdown, which is nenc_lab/analysis/README.md
"""
