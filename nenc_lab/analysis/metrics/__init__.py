"""The figures of a run, in one table: name, meaning, and the function that computes each.

table ---- metric          read table.py first: a new figure is one entry there, and its function in a file beside it
  |------- delivery        utilisation, goodput, loss, feedback overhead
  |------- delay           queue delay, round-trip time, time from capture to arrival
  |------- frames          what the viewer saw: late and damaged frames, freezes, picture quality
  |------- encoder         how well the encoder met its target rate, and when its quantiser limited it
  |------- rate            the controller's target rate and its oscillations
  |------- response        how the rate responded to a change
  `------- run             the run as a whole: speed, fairness
shape      the nested form that figures have in run.json
over_changes               reduces the changes of a run to one cell of a sweep
reference  writes the table as Markdown, nenc_lab/analysis/README.md
"""
