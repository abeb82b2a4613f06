-- Prints what wrk measured as one JSON line; latencies in microseconds.
local threads, ports = 0, {}
for port in (os.getenv("BENCH_PORTS") or ""):gmatch("%d+") do ports[#ports + 1] = port end

function setup(thread)
   thread:set("number", threads)
   if #ports > 1 then thread.addr = wrk.lookup("127.0.0.1", ports[threads % #ports + 1])[1] end
   threads = threads + 1
end

function done(summary, latency, requests)
   local errors = summary.errors
   print(string.format(
      'RESULT {"requests":%d,"seconds":%.6f,"p50":%d,"p99":%d,"max":%d,"non2xx":%d,"errors":%d}',
      summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99), latency.max,
      errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
