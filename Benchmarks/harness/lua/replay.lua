dofile(os.getenv("BENCH_LUA") .. "/report.lua")
-- Replays prepared requests in turn. Arguments: directory, file of requests separated by a line with a single dot.
local requests, turn = {}, 0

function init(args)
   local file = assert(io.open(args[2], "rb"))
   local text = file:read("*a")
   file:close()
   for request in text:gmatch("(.-)\n%.\n") do requests[#requests + 1] = request end
   turn = number * 17
end

function request()
   turn = turn + 1
   return requests[turn % #requests + 1]
end
