-- ARGV: chat, target, storyline. Returns whether there was such a subscription.
local chat, target, storyline = unpack(ARGV, 1, 3)
redis.call('ZREM', K.AUDIENCE(storyline), target)
local found = redis.call('HDEL', K.CHAT(target), storyline)
if redis.call('HLEN', K.CHAT(target)) == 0 then
  redis.call('SREM', K.THREADS(chat), target)
  redis.call('DEL', K.PAUSED(target))
end
return found
