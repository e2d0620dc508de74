-- ARGV: target, event, receipt.
keep_receipt(ARGV[1], ARGV[2], ARGV[3])
