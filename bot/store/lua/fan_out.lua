-- One step of turning an alert into deliveries: a page of its audience, and how far we are, together.
-- Being one script it needs no claim: any worker may do the next step, and none can be done twice.
-- ARGV: page, deliveries that may stand ready per severity. Returns {severity or 0, written, alert done}.
local page, most = tonumber(ARGV[1]), tonumber(ARGV[2])

local function ready(severity)
  local standing = redis.call('XLEN', K.DUE(severity))
  -- Critical alerts do not wait for a crowd of delayed lesser ones.
  local room = severity == 4 and most * 4 or most
  return standing < most and standing + redis.call('ZCARD', K.LATER()) < room
end

local function step(severity, id, fields)
  local alert = {}
  for i = 1, #fields, 2 do alert[fields[i]] = fields[i + 1] end
  -- Ids count within one severity: two alerts of one millisecond may share theirs.
  local mine = severity .. '|' .. id
  local after = redis.call('HGET', K.FANNED(), mine)
  local audience = redis.call('ZRANGEBYSCORE', K.AUDIENCE(alert.s), after and '(' .. after or '-inf', '+inf',
    'WITHSCORES', 'LIMIT', 0, page)
  local owed_at = string.match(id, '^%d+')
  local fresh_for = tonumber(alert.f or '0')
  local expires = fresh_for > 0 and whole(owed_at + fresh_for) or '0'
  local tail = table.concat({'', alert.e, alert.s, alert.r, alert.rings, alert.creates, tostring(severity), alert.v,
    owed_at, '0', '0', expires}, '\t')
  local origins, written, last = tonumber(alert.o), 0, 0
  for i = 1, #audience, 2 do
    local target, score = audience[i], tonumber(audience[i + 1])
    local flags = score % 64
    last = score - flags + 63
    local minimum, confirmed_only, paused = flags % 8, flags % 16 >= 8, flags % 32 >= 16
    local holds = redis.call('HEXISTS', K.RECEIPTS(target), alert.e) == 1
    local wanted = holds or (alert.creates == '1' and severity >= minimum and (origins >= 2 or not confirmed_only))
    if wanted and not paused then
      redis.call('XADD', K.DUE(severity), '*', 'd', string.gsub(target, ':', '\t', 1) .. tail)
      written = written + 1
    end
  end
  local done = #audience < page * 2
  if done then
    redis.call('XDEL', K.ALERTS(severity), id)
    redis.call('HDEL', K.FANNED(), mine)
  else
    redis.call('HSET', K.FANNED(), mine, whole(last))
    redis.call('EXPIRE', K.FANNED(), B.ALERT_LIFE)
  end
  if written > 0 then wake() end
  return {severity, written, done and 1 or 0}
end

for severity = 4, 1, -1 do
  if ready(severity) then
    local first = redis.call('XRANGE', K.ALERTS(severity), '-', '+', 'COUNT', 1)[1]
    if first then return step(severity, first[1], first[2]) end
  end
end
return {0, 0, 0}
