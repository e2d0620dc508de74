-- A poll ended without news, or failed. ARGV: source, health.
redis.call('HSET', K.HEALTHS(), ARGV[1], ARGV[2])
settle_lease(ARGV[1])
