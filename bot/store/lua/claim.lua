-- The lease of a source for one interval. ARGV: source, worker, ms of the interval, ms that one poll may take.
local lease, interval = K.LEASE(ARGV[1]), tonumber(ARGV[3])
local now = math.floor(microseconds() / 1000)
local life = math.min(interval, tonumber(ARGV[4]))
local value = ARGV[2] .. '|' .. whole(now + interval)
return redis.call('SET', lease, value, 'NX', 'PX', whole(life)) and 1 or 0
