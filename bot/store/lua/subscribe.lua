-- ARGV: chat, target, storyline, record, flags. An older subscription keeps its place in the audience.
local chat, target, storyline, record, flags = unpack(ARGV, 1, 5)
local old = redis.call('ZSCORE', K.AUDIENCE(storyline), target)
local place = old and math.floor(tonumber(old) / 64) or redis.call('INCR', K.AUDIENCE_ORDER())
if redis.call('EXISTS', K.PAUSED(target)) == 1 then flags = flags + 16 end
redis.call('ZADD', K.AUDIENCE(storyline), whole(place * 64 + flags), target)
redis.call('HSET', K.CHAT(target), storyline, record)
redis.call('SADD', K.THREADS(chat), target)
redis.call('SADD', K.FOLLOWED(), storyline)
return old and 0 or 1
