#!/bin/bash
# Shows the module at work: a stock kernel in QEMU, four disks, swap under real
# memory pressure. KERNEL=6.1, 6.12 or 7.2 chooses the kernel.
. "$(dirname "$0")/lib/common.sh"
. "$Z2_TOP/tests/lib/vm.sh"

target=${KERNEL:-6.12}
case " ${Z2_SERIES[*]} " in *" $target "*) ;; *) die "KERNEL is one of: ${Z2_SERIES[*]}" ;; esac
modules=$Z2_TOP/build/$target

target_get "$target"
with_lock "build-$target" build_module "$target" "$modules" || die "the module does not build"
say "built: $(modinfo -F vermagic "$modules/src/zram2.ko" | cut -d ' ' -f 1), $(stat -c %s "$modules/src/zram2.ko") bytes"
vm_image "$target" "$modules" '' "$Z2_SCRATCH/demo.cpio" demo/guest.sh
say "booting $(target_about "$target") in QEMU: 512 MiB of memory, 2 CPUs, software emulation"
vm_boot "$target" "$Z2_SCRATCH/demo.cpio" 900 512M 2
say "shown on $(target_about "$target"), from build to power-off in $(elapsed) s:"
verdict
