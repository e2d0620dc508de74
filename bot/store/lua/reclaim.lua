-- What a dead worker left half done stands in line again. ARGV: worker, ms without a sign of life, when this was asked
-- (ms), how old the question may be. Returns how many.
-- A Redis that hung answers old questions first: everybody would seem dead, and be told of twice.
if microseconds() / 1000 - tonumber(ARGV[3]) > tonumber(ARGV[4]) then return 0 end
local found = 0
for severity = 4, 1, -1 do
  local rows = redis.call('XAUTOCLAIM', K.DUE(severity), 'relay', ARGV[1], ARGV[2], '0', 'COUNT', 200)[2]
  for _, row in ipairs(rows) do
    local d = unpack_delivery(row[2][2])
    d.attempt = d.attempt + 1
    redis.call('XACK', K.DUE(severity), 'relay', row[1])
    redis.call('XDEL', K.DUE(severity), row[1])
    redis.call('XADD', K.DUE(severity), '*', 'd', pack_delivery(d))
    found = found + 1
  end
end
if found > 0 then
  redis.call('HINCRBY', K.OUTCOMES(), 'reclaimed', found)
  wake()
end
return found
