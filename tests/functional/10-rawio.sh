#!/bin/sh
# vm: uml=yes
# Random overlapping requests from several threads, every block verified.
. /tests/lib.sh
begin
new_disk "$(few 32)M"

rawio_ok "O_DIRECT, vectors, discards and zeroes" -a -t 4 -n "$(few 1000)" -s 1
rawio_ok "page cache and O_DIRECT together" -a -t 3 -n "$(few 500)" -s 2 -m bbbdx
rawio_ok "requests that race for the same blocks" -a -R -S 2 -t 6 -n "$(few 500)" -s 3
rawio_ok "a single thread" -a -t 1 -n "$(few 500)" -s 4

is "no request failed" "$(stat_of failed_reads) $(stat_of failed_writes)" "0 0"
ok_if "all is discarded" blkdiscard "$dev"
is "nothing is stored any more" "$(stat_of orig_data_size)" 0
is "compr_data_size is back at 0" "$(stat_of compr_data_size)" 0
is "same_pages and huge_pages, too" "$(stat_of same_pages) $(stat_of huge_pages)" "0 0"
