-- The next deliveries to make, the most severe first, each with the moment at which it may go.
-- ARGV: worker, how many at most, how far ahead slots are given (µs), µs between messages, the same for a chat, its
-- burst, the same two for a group, life of the send lock (ms).
-- Returns {µs to wait before asking again or -1, {id, severity, text, receipt or '', µs until it may go, the event's
-- record where it is the first delivery of it here, else ''}…}.
local worker, wanted, ahead = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local lock_life = ARGV[9]
local now = microseconds()
local now_ms = math.floor(now / 1000)
local limit = now + ahead

-- What was put off and is due stands in line again. The oldest first, so that a chat's own order is kept.
local promoted = redis.call('ZRANGEBYSCORE', K.LATER(), '-inf', now_ms, 'LIMIT', 0, 500)
for _, text in ipairs(promoted) do
  redis.call('XADD', K.DUE(unpack_delivery(text).severity), '*', 'd', text)
  redis.call('ZREM', K.LATER(), text)
end

local held = tonumber(redis.call('GET', K.PACE_HOLD('all')) or '0')
if held > now then return {whole(held - now)} end

local pace = pacer(now, ARGV)
local answer = {'0'}
local looks = 0
local told = {} -- events whose record is in the answer

local function finish(severity, id, outcome)
  redis.call('XACK', K.DUE(severity), 'relay', id)
  redis.call('XDEL', K.DUE(severity), id)
  if outcome then redis.call('HINCRBY', K.OUTCOMES(), outcome, 1) end
end

local function put_off(severity, id, text, at_us)
  finish(severity, id, nil)
  due_again(severity, text, math.ceil(at_us / 1000))
end

-- A digest belongs to no storyline: it goes to whoever still follows anything.
local function follow_digest(d)
  local target = d.chat .. ':' .. d.thread
  if redis.call('EXISTS', K.CHAT(target)) == 0 then
    d.chat = redis.call('GET', K.MOVED(d.chat)) or d.chat
    target = d.chat .. ':' .. d.thread
  end
  local outcome = redis.call('EXISTS', K.CHAT(target)) == 0 and 'unsubscribed'
    or redis.call('EXISTS', K.PAUSED(target)) == 1 and 'paused'
  if not outcome then return target, nil end
  redis.call('DEL', K.EXPIRED(target))
  return nil, outcome
end

-- A chat that left, or became a supergroup since this was owed.
local function follow(d)
  if d.event == '' then return follow_digest(d) end
  local target = d.chat .. ':' .. d.thread
  local score = redis.call('ZSCORE', K.AUDIENCE(d.storyline), target)
  if not score then
    local new = redis.call('GET', K.MOVED(d.chat))
    if not new then return nil, 'unsubscribed' end
    d.chat = new
    target = d.chat .. ':' .. d.thread
    score = redis.call('ZSCORE', K.AUDIENCE(d.storyline), target)
    if not score then return nil, 'unsubscribed' end
  end
  if tonumber(score) % 32 >= 16 then return nil, 'paused' end
  return target, nil
end

-- What the chat already holds decides whether anything is left to do, and how many messages it takes.
local function cost_of(d, receipt)
  if receipt == '' then
    if d.creates then return 1, nil end
    return 0, 'not-held'
  end
  local revision, rang = string.match(receipt, '^%d+:(%d+):(%d+):')
  local shown, heard = tonumber(revision) >= d.revision, not d.rings or tonumber(rang) >= d.revision
  if shown and heard then return 0, 'current' end
  if heard or d.reason == 'first-report' then return 1, nil end
  return shown and 1 or 2, nil
end

-- Old news begins no message: it becomes a line of the digest, and takes no slot.
local function set_aside(severity, id, d, target)
  local key = K.EXPIRED(target)
  if redis.call('EXISTS', key) == 0 then owe_digest(d.chat, d.thread, d.storyline) end
  redis.call('ZADD', key, 'NX', d.owed, d.event)
  redis.call('ZREMRANGEBYRANK', key, 0, -1 - B.EXPIRED_MOST)
  redis.call('EXPIRE', key, B.EVENT_LIFE)
  return finish(severity, id, 'expired')
end

local function consider(severity, id, text)
  local d = unpack_delivery(text)
  local target, gone = follow(d)
  if not target then return finish(severity, id, gone) end
  local receipt = redis.call('HGET', K.RECEIPTS(target), d.event) or ''
  local expired = d.expires > 0 and now_ms > d.expires
  if expired and receipt ~= '' then d.rings = false end -- what the chat holds is kept true, without a sound
  local cost, over = cost_of(d, receipt)
  if over then return finish(severity, id, over) end
  local lock = K.LOCK(target, d.event)
  if redis.call('EXISTS', lock) == 1 then return put_off(severity, id, text, now + 250000) end
  if expired and receipt == '' then return set_aside(severity, id, d, target) end
  local at = pace.reserve(d.chat, cost)
  if at > 0 then return put_off(severity, id, text, at) end
  redis.call('SET', lock, worker, 'PX', lock_life)
  local record = not told[d.event] and redis.call('HGET', K.EVENT(d.event), 'r') or ''
  told[d.event] = true
  answer[#answer + 1] = {id, severity, pack_delivery(d), receipt, whole(-at - now), record}
end

for severity = 4, 1, -1 do
  while #answer <= wanted and looks < wanted * 20 do
    if pace.next() > limit then break end
    -- Half of what fits: some take two slots. The loop comes again for the rest.
    local fits = math.floor((limit - pace.next()) / pace.interval / 2) + 1
    local room = math.min(wanted - #answer + 1, fits)
    local rows = redis.call('XREADGROUP', 'GROUP', 'relay', worker, 'COUNT', room, 'STREAMS', K.DUE(severity), '>')
    if not rows then break end
    for _, row in ipairs(rows[1][2]) do
      looks = looks + 1
      consider(severity, row[1], row[2][2])
    end
  end
end
pace.save()

if #answer <= wanted and looks < wanted * 20 then
  if pace.next() > limit then
    answer[1] = whole(pace.next() - limit)
  else
    local soon = redis.call('ZRANGE', K.LATER(), 0, 0, 'WITHSCORES')[2]
    answer[1] = soon and whole(math.max(0, tonumber(soon) * 1000 - now)) or '-1'
  end
end
return answer
