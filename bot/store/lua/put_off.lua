-- A delivery did not go: it leaves the stream and waits. ARGV: id, severity, target, event, worker, text, ms from now.
local id, severity, target, event, worker, text, wait = unpack(ARGV, 1, 7)
local pending = redis.call('XACK', K.DUE(severity), 'relay', id)
redis.call('XDEL', K.DUE(severity), id)
if redis.call('GET', K.LOCK(target, event)) == worker then redis.call('DEL', K.LOCK(target, event)) end
-- Another worker that thought us dead has it already.
if pending == 1 then
  due_again(severity, text, math.floor(microseconds() / 1000) + tonumber(wait))
  wake() -- a relay that waits for nothing must learn that there is a time to wait for
end
return pending
