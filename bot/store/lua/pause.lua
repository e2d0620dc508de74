-- ARGV: why ('' resumes), chat, target ('' for every target of the chat). Returns how many subscriptions changed.
local why, chat, only = unpack(ARGV, 1, 3)
local targets = only ~= '' and {only} or redis.call('SMEMBERS', K.THREADS(chat))
local changed = 0
for _, target in ipairs(targets) do
  local storylines = redis.call('HKEYS', K.CHAT(target))
  if why == '' then redis.call('DEL', K.PAUSED(target))
  elseif #storylines > 0 then redis.call('SET', K.PAUSED(target), why) end
  for _, storyline in ipairs(storylines) do
    local score = tonumber(redis.call('ZSCORE', K.AUDIENCE(storyline), target) or '0')
    local flags = score % 64
    local paused = flags % 32 >= 16
    if score > 0 and paused ~= (why ~= '') then
      redis.call('ZADD', K.AUDIENCE(storyline), whole(paused and score - 16 or score + 16), target)
      changed = changed + 1
    end
  end
end
return changed
