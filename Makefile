# SPDX-License-Identifier: GPL-2.0
# What a user or a developer does with zram2; `make help` lists it. The
# kernel's own build reads src/Kbuild and kunit/Kbuild, never this file.

KDIR ?= /lib/modules/$(shell uname -r)/build
PACKAGE := zram2
VERSION = $(shell sed -n 's/^PACKAGE_VERSION="*\([^"]*\)"*$$/\1/p' dkms.conf)
Q ?= @

all: module

# One module for the kernel whose headers KDIR names; KUNIT=1 adds the suites.
module:
	$(Q)test -e $(KDIR)/Makefile || { echo "No kernel headers at $(KDIR): install linux-headers-$$(uname -r)" \
		"(Debian) or kernel-devel (Fedora), or name another tree with KDIR=." >&2; exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR)/src modules
ifdef KUNIT
	$(MAKE) -C $(KDIR) M=$(CURDIR)/kunit modules
endif

kunit lint check demo:
	$(Q)tests/$@.sh

vmtest:
	$(Q)tests/vmtest.sh $(KERNEL)

torture:
	$(Q)tests/torture.sh $(TARGET)

bench:
	$(Q)bench/run.sh

demo: export KERNEL ?= 6.12
vmtest: export CASE ?=
torture: export MINUTES ?= 10
torture: export SEED ?= 1
bench: export SCENARIO ?=
bench: export QUICK ?=
bench: export KERNEL ?=

# Only what the module is built from: tests and benchmarks stay here.
install: dkms-present install-files
	rm -rf /usr/src/$(PACKAGE)-$(VERSION)
	mkdir -p /usr/src/$(PACKAGE)-$(VERSION)
	cp -r Makefile dkms.conf LICENSE src include /usr/src/$(PACKAGE)-$(VERSION)/
	dkms add $(PACKAGE)/$(VERSION)
	dkms build $(PACKAGE)/$(VERSION)
	dkms install $(PACKAGE)/$(VERSION)

# What belongs to the system and not to the module: a rule for udev, swap at
# boot. The drop-in's file is an example, for who wants it to copy.
install-files:
	install -D -m 644 dist/59-zram2.rules $(DESTDIR)/usr/lib/udev/rules.d/59-zram2.rules
	install -D -m 644 dist/zram2-swap.service $(DESTDIR)/usr/lib/systemd/system/zram2-swap.service
	install -D -m 755 dist/zram2-swap $(DESTDIR)/usr/lib/zram2/zram2-swap
	install -D -m 644 dist/modprobe.d/zram2-drop-in.conf $(DESTDIR)/usr/share/doc/zram2/zram2-drop-in.conf
	install -D -m 644 README.md $(DESTDIR)/usr/share/doc/zram2/README.md
	test -e $(DESTDIR)/etc/zram2-swap.conf || \
		install -D -m 644 dist/zram2-swap.conf $(DESTDIR)/etc/zram2-swap.conf

uninstall: dkms-present
	rm -f /usr/lib/udev/rules.d/59-zram2.rules /usr/lib/systemd/system/zram2-swap.service /etc/zram2-swap.conf
	rm -rf /usr/lib/zram2 /usr/share/doc/zram2
	dkms remove $(PACKAGE)/$(VERSION) --all
	rm -rf /usr/src/$(PACKAGE)-$(VERSION)

dkms-present:
	$(Q)command -v dkms >/dev/null || { echo "dkms is missing: install the package dkms" \
		"(apt install dkms, dnf install dkms)." >&2; exit 1; }
	$(Q)test -e $(KDIR)/Makefile || { echo "The headers of the running kernel are missing: install" \
		"linux-headers-$$(uname -r) (Debian) or kernel-devel (Fedora)." >&2; exit 1; }

clean:
	$(Q)rm -rf build
	$(Q)find src $(wildcard kunit) \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' \
		-o -name '.*.d' -o -name Module.symvers -o -name modules.order -o -name '.module-common.o' \) \
		-delete

help:
	@echo 'make                the module, for the running kernel (or KDIR=...)'
	@echo 'make install        install it through dkms; as root'
	@echo 'make uninstall      take it away again; as root'
	@echo 'make demo           boot a stock kernel with it and show what it does (KERNEL=6.1, 6.12, 7.2)'
	@echo 'make check          everything below, on all kernels: what CI runs'
	@echo 'make lint           style, include rules, warnings'
	@echo 'make kunit          the unit tests, in user-mode Linux with KASAN and lockdep'
	@echo 'make vmtest         the functional tests on stock kernels (KERNEL=6.12, CASE=10-basic)'
	@echo 'make torture        everything at once and with faults (MINUTES=10 SEED=1 TARGET="uml 6.1 6.12 7.2", or all)'
	@echo 'make bench          zram2 against the in-tree zram, an hour (QUICK=1: five minutes; SCENARIO="io swap")'
	@echo 'make clean          remove what was built here (downloads stay in ~/.cache/zram2)'

.PHONY: all module kunit lint check demo vmtest torture bench install install-files uninstall dkms-present clean help
