dofile(os.getenv("BENCH_LUA") .. "/report.lua")
-- POST /tokens. Arguments: directory, API key, users, threads, first user, random|sequential.
-- User ids run over all users; the custom metadata is another one in every request, so every request is a write.
local head, key, users, threads, stride, turn

function init(args)
   key, users, threads = args[2], tonumber(args[3]), tonumber(args[4])
   stride = args[6] == "random" and 611953 or 1
   turn = tonumber(args[5]) + number
   local body = #string.format(
      '{"userId":"user-0000000","name":"Alice Johnson","image":"https://cdn.example.com/avatars/user-0000000.png",'
      .. '"custom":{"department":"Engineering","title":"Staff Engineer","locale":"en-GB","organizationId":"org-417",'
      .. '"seq":000000000,"tags":["beta","on-call"],"flags":{"moderator":true,"muted":false}}}')
   head = "POST /tokens HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: " .. key
      .. "\r\nContent-Type: application/json\r\nContent-Length: " .. body .. "\r\n\r\n"
end

function request()
   local user = string.format("user-%07d", (turn * stride) % users)
   local seq = 100000000 + turn % 800000000
   turn = turn + threads
   return head .. '{"userId":"' .. user .. '","name":"Alice Johnson","image":"https://cdn.example.com/avatars/' .. user
      .. '.png","custom":{"department":"Engineering","title":"Staff Engineer","locale":"en-GB",'
      .. '"organizationId":"org-417","seq":' .. seq
      .. ',"tags":["beta","on-call"],"flags":{"moderator":true,"muted":false}}}'
end
