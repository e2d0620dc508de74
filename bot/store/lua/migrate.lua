-- A group became a supergroup: all that is known of it moves to the new id. ARGV: old chat, new chat.
-- What is owed to the old id is readdressed when it is taken (see `follow` in take.lua).
local old_chat, new_chat = ARGV[1], ARGV[2]
redis.call('SET', K.MOVED(old_chat), new_chat, 'EX', B.MOVED_LIFE)
local moved = 0
for _, old in ipairs(redis.call('SMEMBERS', K.THREADS(old_chat))) do
  local new = new_chat .. string.match(old, ':.*$')
  local subscriptions = redis.call('HGETALL', K.CHAT(old))
  for i = 1, #subscriptions, 2 do
    local storyline = subscriptions[i]
    local score = redis.call('ZSCORE', K.AUDIENCE(storyline), old)
    redis.call('HSETNX', K.CHAT(new), storyline, subscriptions[i + 1])
    if score then redis.call('ZADD', K.AUDIENCE(storyline), 'NX', score, new) end
    redis.call('ZREM', K.AUDIENCE(storyline), old)
    moved = moved + 1
  end
  local receipts = redis.call('HGETALL', K.RECEIPTS(old))
  for i = 1, #receipts, 2 do redis.call('HSETNX', K.RECEIPTS(new), receipts[i], receipts[i + 1]) end
  if #receipts > 0 then redis.call('EXPIRE', K.RECEIPTS(new), B.EVENT_LIFE) end
  local why = redis.call('GET', K.PAUSED(old))
  if why then redis.call('SET', K.PAUSED(new), why) end
  redis.call('SADD', K.THREADS(new_chat), new)
  if redis.call('EXISTS', K.EXPIRED(old)) == 1 then
    redis.call('ZUNIONSTORE', K.EXPIRED(new), 2, K.EXPIRED(new), K.EXPIRED(old), 'AGGREGATE', 'MIN')
    redis.call('EXPIRE', K.EXPIRED(new), B.EVENT_LIFE)
  end
  redis.call('DEL', K.CHAT(old), K.RECEIPTS(old), K.PAUSED(old), K.EXPIRED(old))
end
redis.call('DEL', K.THREADS(old_chat))
return moved
