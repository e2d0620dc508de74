-- Everything that is known of a chat goes. What is still owed to it is dropped when taken. ARGV: chat.
local chat = ARGV[1]
local gone = 0
for _, target in ipairs(redis.call('SMEMBERS', K.THREADS(chat))) do
  for _, storyline in ipairs(redis.call('HKEYS', K.CHAT(target))) do
    redis.call('ZREM', K.AUDIENCE(storyline), target)
    gone = gone + 1
  end
  redis.call('DEL', K.CHAT(target), K.RECEIPTS(target), K.PAUSED(target), K.EXPIRED(target))
end
redis.call('DEL', K.THREADS(chat), K.PACE_CHAT(chat), K.PACE_HOLD(chat), K.MOVED(chat))
return gone
