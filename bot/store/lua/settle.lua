-- A delivery has ended: its line leaves the stream and the receipt is written, together.
-- ARGV: id, severity, target, event, receipt or '', outcome, worker, text of the delivery, the events that a digest told.
local id, severity, target, event, receipt, outcome, worker = unpack(ARGV, 1, 7)
local first = redis.call('XACK', K.DUE(severity), 'relay', id) == 1
redis.call('XDEL', K.DUE(severity), id)
if redis.call('GET', K.LOCK(target, event)) == worker then redis.call('DEL', K.LOCK(target, event)) end
if first then redis.call('HINCRBY', K.OUTCOMES(), outcome, 1) end
if event == '' then
  -- Where nothing was told (the chat is gone) nothing waits for a digest that nobody owes.
  if #ARGV == 8 then return redis.call('DEL', K.EXPIRED(target)) end
  for n = 9, #ARGV do redis.call('ZREM', K.EXPIRED(target), ARGV[n]) end
  if first and redis.call('EXISTS', K.EXPIRED(target)) == 1 then
    local d = unpack_delivery(ARGV[8])
    owe_digest(d.chat, d.thread, d.storyline)
    wake()
  end
  return
end
if receipt == '' then return end
keep_receipt(target, event, receipt)
-- The event may have moved on between our reading and Telegram's answer, when an update found no receipt to change.
local shown = tonumber(string.match(receipt, '^%d+:(%d+):'))
local newest = tonumber(redis.call('HGET', K.EVENT(event), 'v') or '0')
if newest > shown then
  local d = unpack_delivery(ARGV[8])
  d.reason, d.rings, d.creates, d.revision, d.attempt, d.lost = 'updated', false, false, newest, 0, '0'
  redis.call('XADD', K.DUE(severity), '*', 'd', pack_delivery(d))
  wake()
end
