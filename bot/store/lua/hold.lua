-- Telegram said 429. ARGV: chat, seconds. The chat rests; where three chats drew 429 within ten seconds it is not
-- about a chat, so everything rests and the spacing grows by a tenth for ten minutes. Returns 1 when all must rest.
local now = microseconds()
local untill = now + tonumber(ARGV[2]) * 1000000
local life = math.ceil(tonumber(ARGV[2]) * 1000) + 1
redis.call('SET', K.PACE_HOLD(ARGV[1]), whole(untill), 'PX', life)
redis.call('ZADD', K.PACE_FLOODS(), whole(now), ARGV[1])
redis.call('ZREMRANGEBYSCORE', K.PACE_FLOODS(), '-inf', whole(now - 10000000))
redis.call('EXPIRE', K.PACE_FLOODS(), 10)
if redis.call('ZCARD', K.PACE_FLOODS()) < 3 then return 0 end
local held = tonumber(redis.call('GET', K.PACE_HOLD('all')) or '0')
if untill > held then redis.call('SET', K.PACE_HOLD('all'), whole(untill), 'PX', life) end
redis.call('DEL', K.PACE_FLOODS())
local slow = math.min(4, tonumber(redis.call('GET', K.PACE_SLOW()) or '1') * 1.1)
redis.call('SET', K.PACE_SLOW(), tostring(slow), 'EX', 600)
return 1
