-- Put before every script, after the names of the keys.

-- A relay that waits for something to do reads this stream.
local function wake()
  redis.call('XADD', K.WAKE(), 'MAXLEN', B.WAKE_MOST, '*', 'w', '1')
end

-- While a poll runs its lease is short, so that a dead worker's share moves on; a finished one holds it to the end.
local function settle_lease(source)
  local lease = redis.call('GET', K.LEASE(source))
  local due = lease and string.match(lease, '|(%d+)$')
  if due then redis.call('PEXPIREAT', K.LEASE(source), due) end
end

local function microseconds()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000000 + tonumber(t[2])
end

-- Numbers above 2^31 must not be written as 1.79e+15.
local function whole(number) return string.format('%.0f', number) end

-- A delivery as text: chat|thread|event|storyline|reason|rings|creates|severity|revision|owed (ms)|attempt|lost|expires
-- (ms, 0: never). One without an event is the digest of what expired for its target.
local function unpack_delivery(text)
  local parts = {}
  for part in string.gmatch(text, '([^\t]*)\t?') do parts[#parts + 1] = part end
  return {chat = parts[1], thread = parts[2], event = parts[3], storyline = parts[4], reason = parts[5],
    rings = parts[6] == '1', creates = parts[7] == '1', severity = tonumber(parts[8]), revision = tonumber(parts[9]),
    owed = parts[10], attempt = tonumber(parts[11]), lost = parts[12], expires = tonumber(parts[13] or '') or 0}
end

local function pack_delivery(d)
  return table.concat({d.chat, d.thread, d.event, d.storyline, d.reason, d.rings and '1' or '0',
    d.creates and '1' or '0', tostring(d.severity), tostring(d.revision), d.owed, tostring(d.attempt), d.lost,
    whole(d.expires)}, '\t')
end

local function due_again(severity, text, at)
  redis.call('ZADD', K.LATER(), at, text)
end

-- What expired for a target is told in one message, soon, so that what expires together is told together.
local function owe_digest(chat, thread, storyline)
  local at = math.floor(microseconds() / 1000)
  due_again(1, pack_delivery({chat = chat, thread = thread, event = '', storyline = storyline, reason = 'updated',
    rings = false, creates = true, severity = 1, revision = 0, owed = whole(at), attempt = 0, lost = '0', expires = 0}),
    at + B.EXPIRED_GATHER_MS)
end

-- Receipts are few and short for each target; the oldest goes when there are too many.
local function keep_receipt(target, event, receipt)
  local key = K.RECEIPTS(target)
  redis.call('HSET', key, event, receipt)
  redis.call('EXPIRE', key, B.EVENT_LIFE)
  if redis.call('HLEN', key) <= B.RECEIPTS_OF_TARGET_MOST then return end
  local all, oldest, which = redis.call('HGETALL', key), nil, nil
  for i = 1, #all, 2 do
    local at = tonumber(string.match(all[i + 1], ':(%d+)$'))
    if not oldest or at < oldest then oldest, which = at, all[i] end
  end
  redis.call('HDEL', key, which)
end
