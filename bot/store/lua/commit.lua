-- One commit: everything that a poll changes, or nothing.
-- ARGV[1] is the plan in JSON; records are ARGV[2..], named in the plan by their number.
-- Returns {1, revision} when written, {0, revision} when the events were gathered from an older revision.
local plan = cjson.decode(ARGV[1])
local function blob(number) return ARGV[number + 1] end
local now = tonumber(redis.call('TIME')[1])
local revision = tonumber(redis.call('GET', K.REVISION()) or '0')

-- The connection broke before our answer arrived, and the client asks again: the same answer again.
local done = redis.call('GET', K.COMMITTED(plan.token))
if done then return {1, tonumber(done)} end

if #plan.events > 0 and revision ~= plan.expected then
  return {0, revision}
end

-- Cursor and health; the poll is over, so its lease now lasts until the source is due again.
redis.call('HSET', K.CURSORS(), plan.source, blob(plan.cursor))
redis.call('HSET', K.HEALTHS(), plan.source, blob(plan.health))
settle_lease(plan.source)

-- Archive and digests.
local function forget_post(id, source)
  redis.call('DEL', K.POST(id), K.VERSIONS(id))
  redis.call('ZREM', K.POSTS(), id)
  redis.call('ZREM', K.POSTS_OF(source), id)
end

for _, post in ipairs(plan.posts) do
  local fresh, old = blob(post.record), redis.call('GET', K.POST(post.id))
  if old and old ~= fresh then
    redis.call('LPUSH', K.VERSIONS(post.id), old)
    redis.call('LTRIM', K.VERSIONS(post.id), 0, B.VERSIONS_MOST - 1)
  end
  redis.call('SET', K.POST(post.id), fresh)
  redis.call('ZADD', K.POSTS(), post.at, post.id)
  redis.call('ZADD', K.POSTS_OF(post.source), post.at, post.id)
  redis.call('HSET', K.SEEN(post.source), post.id, post.digest)
  redis.call('ZADD', K.SEEN_ORDER(post.source), now, post.id)
end

local trimmed = {}
for _, post in ipairs(plan.posts) do
  if not trimmed[post.source] then
    trimmed[post.source] = true
    local source = post.source
    local extra = redis.call('ZCARD', K.POSTS_OF(source)) - B.POSTS_OF_SOURCE_MOST
    if extra > 0 then
      for _, id in ipairs(redis.call('ZRANGE', K.POSTS_OF(source), 0, extra - 1)) do forget_post(id, source) end
    end
    extra = redis.call('ZCARD', K.SEEN_ORDER(source)) - B.SEEN_OF_SOURCE_MOST
    if extra > 0 then
      for _, id in ipairs(redis.call('ZRANGE', K.SEEN_ORDER(source), 0, extra - 1)) do
        redis.call('HDEL', K.SEEN(source), id)
      end
      redis.call('ZREMRANGEBYRANK', K.SEEN_ORDER(source), 0, extra - 1)
    end
  end
end
local extra = redis.call('ZCARD', K.POSTS()) - B.POSTS_MOST
if extra > 0 then
  for _, id in ipairs(redis.call('ZRANGE', K.POSTS(), 0, extra - 1)) do
    forget_post(id, string.match(id, '^[^/]*'))
  end
end

-- Events and their indexes.
if #plan.events > 0 then
  revision = redis.call('INCR', K.REVISION())
  for _, event in ipairs(plan.events) do
    local key = K.EVENT(event.id)
    redis.call('HSET', key, 'r', blob(event.record), 'v', event.revision)
    redis.call('EXPIRE', key, B.EVENT_LIFE)
    redis.call('ZADD', K.EVENTS(), now, event.id)
    redis.call('ZADD', K.EVENTS_BY_REVISION(), revision, event.id)
    for _, storyline in ipairs(event.storylines) do
      redis.call('ZADD', K.EVENTS_OF(storyline), event.at, event.id)
      redis.call('ZREMRANGEBYRANK', K.EVENTS_OF(storyline), 0, -1 - B.EVENTS_OF_STORYLINE_MOST)
      redis.call('EXPIRE', K.EVENTS_OF(storyline), B.EVENT_LIFE)
    end
    for _, source in ipairs(event.sources) do
      redis.call('ZADD', K.EVENTS_FROM(source), event.at, event.id)
      redis.call('ZREMRANGEBYRANK', K.EVENTS_FROM(source), 0, -1 - B.EVENTS_OF_SOURCE_MOST)
      redis.call('EXPIRE', K.EVENTS_FROM(source), B.EVENT_LIFE)
    end
  end
  local function drop_events(ids)
    for _, id in ipairs(ids) do
      redis.call('DEL', K.EVENT(id), K.ALERTED(id))
      redis.call('ZREM', K.EVENTS(), id)
      redis.call('ZREM', K.EVENTS_BY_REVISION(), id)
    end
  end
  drop_events(redis.call('ZRANGEBYSCORE', K.EVENTS(), '-inf', now - B.EVENT_LIFE, 'LIMIT', 0, 500))
  local many = redis.call('ZCARD', K.EVENTS()) - B.EVENTS_MOST
  if many > 0 then drop_events(redis.call('ZRANGE', K.EVENTS(), 0, many - 1)) end
end

for _, phase in ipairs(plan.phases) do
  if redis.call('HGET', K.PHASES(), phase.storyline) ~= blob(phase.record) then
    redis.call('HSET', K.PHASES(), phase.storyline, blob(phase.record))
    redis.call('LPUSH', K.PHASES_OF(phase.storyline), blob(phase.record))
    redis.call('LTRIM', K.PHASES_OF(phase.storyline), 0, B.PHASES_KEPT - 1)
  end
end

-- The newest post of each signal, by publication: what an operator asks when a rule has been silent for long.
for _, match in ipairs(plan.matched) do
  if redis.call('ZADD', K.MATCHED(), 'GT', 'CH', match.at, match.signal) == 1 then
    redis.call('HSET', K.MATCHED_BY(), match.signal, match.post)
  end
end

-- What is owed. The set remembers each decision, so that nothing is owed twice however often it is committed.
local owed = false
for _, alert in ipairs(plan.alerts) do
  local mark = alert.storyline .. '|' .. alert.revision .. '|' .. alert.reason
  if redis.call('SADD', K.ALERTED(alert.event), mark) == 1 then
    owed = true
    redis.call('XADD', K.ALERTS(alert.severity), '*', 'e', alert.event, 's', alert.storyline, 'r', alert.reason,
      'rings', alert.rings, 'creates', alert.creates, 'v', alert.revision, 'o', alert.origins, 'f', whole(alert.fresh))
    redis.call('XTRIM', K.ALERTS(alert.severity), 'MINID', '~', (now - B.ALERT_LIFE) * 1000)
  end
  redis.call('EXPIRE', K.ALERTED(alert.event), B.EVENT_LIFE)
end
if owed then wake() end
redis.call('SET', K.COMMITTED(plan.token), revision, 'EX', B.COMMITTED_LIFE)
return {1, revision}
