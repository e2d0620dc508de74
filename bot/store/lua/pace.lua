-- A slot for one message outside the outbox (a reply to a reader): taken however far ahead it lies.
-- ARGV: chat, cost, unused, then as for `pacer`. Returns µs until it may go.
local now = microseconds()
local pace = pacer(now, ARGV)
local at = -pace.reserve(ARGV[1], tonumber(ARGV[2]), true)
pace.save()
local held = tonumber(redis.call('GET', K.PACE_HOLD('all')) or '0')
return whole(math.max(at, held) - now)
