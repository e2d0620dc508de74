-- Even spacing (GCRA) for all messages and for each chat, on Redis's clock, so that all workers share it.
-- `settings` is ARGV of a script: [4] µs between messages, [5] [6] of a chat: µs and burst, [7] [8] of a group.
local function pacer(now, settings)
  local slow = tonumber(redis.call('GET', K.PACE_SLOW()) or '1')
  local self = {interval = tonumber(settings[4]) * slow}
  -- An idle time is not saved up: the next message may go now, the one after it an interval later.
  local slot = math.max(now, tonumber(redis.call('GET', K.PACE_ALL()) or '0'))

  function self.next() return slot end

  local function of_chat(chat)
    if string.sub(chat, 1, 1) == '-' then return tonumber(settings[7]), tonumber(settings[8]) end
    return tonumber(settings[5]), tonumber(settings[6])
  end

  -- When the chat itself may get `cost` more messages.
  local function free_at(chat, spent, spacing, burst, cost)
    local held = tonumber(redis.call('GET', K.PACE_HOLD(chat)) or '0')
    return math.max(held, spent - (burst - cost) * spacing)
  end

  -- Takes `cost` slots. Returns minus the moment (µs) of the first one, or, where the chat must wait, the moment at
  -- which to come again (nothing is taken then). With `patient` the slot is taken however late it is.
  function self.reserve(chat, cost, patient)
    local spacing, burst = of_chat(chat)
    local spent = math.max(now, tonumber(redis.call('GET', K.PACE_CHAT(chat)) or '0'))
    local free = free_at(chat, spent, spacing, burst, cost)
    if free > slot and not patient then return free end
    local at = slot
    slot = slot + self.interval * cost
    if free > at then at = free end
    spent = math.max(spent, at) + spacing * cost
    redis.call('SET', K.PACE_CHAT(chat), whole(spent), 'PX', math.ceil((spent - now) / 1000) + 1)
    return -at
  end

  function self.save() redis.call('SET', K.PACE_ALL(), whole(slot)) end

  return self
end
