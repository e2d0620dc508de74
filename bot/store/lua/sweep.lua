-- Consumers that hold nothing and are long gone. ARGV: worker that asks, ms without a sign of life.
for severity = 4, 1, -1 do
  for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', K.DUE(severity), 'relay')) do
    local row = {}
    for i = 1, #consumer, 2 do row[consumer[i]] = consumer[i + 1] end
    if row.name ~= ARGV[1] and row.pending == 0 and row.idle > tonumber(ARGV[2]) then
      redis.call('XGROUP', 'DELCONSUMER', K.DUE(severity), 'relay', row.name)
    end
  end
end
