"""The tables of the C core, read from Python: encoder fields, codecs, queues, cross traffic and controllers."""
