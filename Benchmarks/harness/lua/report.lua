-- Prints what wrk measured as one JSON line; latencies in microseconds.
local threads = 0

function setup(thread)
   thread:set("number", threads)
   threads = threads + 1
end

function done(summary, latency, requests)
   local errors = summary.errors
   print(string.format(
      'RESULT {"requests":%d,"seconds":%.6f,"p50":%d,"p99":%d,"max":%d,"non2xx":%d,"errors":%d}',
      summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99), latency.max,
      errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
