# SPDX-License-Identifier: GPL-2.0
# What a user or a developer does with zram2; `make help` lists it. The
# kernel's own build reads src/Kbuild and kunit/Kbuild, never this file.

# The kernel to build and install for, by its release or by its headers.
KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
# DROP_IN=1 makes zram.ko, for who looks at the name of the kernel's own zram; to
# dkms and in packages it is a package of its own.
PACKAGES := zram2 zram2-drop-in
PACKAGE := zram2$(if $(DROP_IN),-drop-in)
# Written down there alone; the packages' files are checked against it.
VERSION = $(shell sed -n 's/^PACKAGE_VERSION="*\([^"]*\)"*$$/\1/p' dkms.conf)
Q ?= @

all: module

# One module for the kernel whose headers KDIR names: zram2.ko, or with DROP_IN=1
# zram.ko; KUNIT=1 adds the suites.
module:
	$(Q)test -e $(KDIR)/Makefile || { echo "No kernel headers at $(KDIR): install linux-headers-$(KVER)" \
		"(Debian) or kernel-devel (Fedora), or name another tree with KDIR=." >&2; exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR)/src DROP_IN=$(DROP_IN) modules
ifdef KUNIT
	$(MAKE) -C $(KDIR) M=$(CURDIR)/kunit modules
endif

kunit lint compat sim fuzz check quick demo systest:
	$(Q)tests/$@.sh

vmtest:
	$(Q)tests/vmtest.sh $(KERNEL)

pkgtest:
	$(Q)tests/pkgtest.sh $(SUITE)

torture:
	$(Q)tests/torture.sh $(TARGET)

coverage:
	$(Q)tests/coverage.sh

bench:
	$(Q)bench/run.sh

kunit: export TARGET ?=
kunit: export SUITE ?=
check: export FULL ?=
demo: export KERNEL ?= 6.12
vmtest: export CASE ?=
torture fuzz: export MINUTES ?= 10
torture: export SEED ?= 1
bench: export SCENARIO ?=
bench: export QUICK ?=
bench: export KERNEL ?=

# Whatever version is there already is replaced.
REMOVE_ALL = for v in $$(dkms status $(1) | sed -n 's|^$(1)/\([^,:]*\).*|\1|p' | sort -u); do \
		dkms remove $(1)/$$v --all && rm -rf /usr/src/$(1)-$$v || exit 1; done
install: preflight
	$(Q)$(call REMOVE_ALL,$(PACKAGE))
	$(Q)$(MAKE) --no-print-directory install-source install-files
	dkms add $(PACKAGE)/$(VERSION)
	dkms install $(PACKAGE)/$(VERSION) -k $(KVER)
	$(Q)dist/preflight signature

# What this machine or kernel lacks, said before anything is changed.
preflight:
	$(Q)dist/preflight build $(KVER) $(KDIR)

# Only what the module is built from: tests and benchmarks stay here.
SRCDIR := $(DESTDIR)/usr/src/$(PACKAGE)-$(VERSION)
install-source:
	$(Q)rm -rf $(SRCDIR)
	$(Q)for f in Makefile dkms.conf src/Kbuild $(filter-out %.mod.c,$(wildcard src/*.c)) include/*/*.h include/*/*.mk; do \
		install -D -m 644 $$f $(SRCDIR)/$$f || exit 1; done
ifdef DROP_IN
	$(Q)sed -i -e 's/^\(PACKAGE_NAME=\).*/\1"$(PACKAGE)"/' -e 's/^\(BUILT_MODULE_NAME.*=\).*/\1"zram"/' \
		-e 's/make module/& DROP_IN=1/' $(SRCDIR)/dkms.conf
endif

# What belongs to the system and not to the module: a rule for udev, swap at
# boot, the manual. The drop-in's file is an example, for who wants it to copy.
DOCDIR ?= /usr/share/doc/zram2
install-files:
	install -D -m 644 dist/59-zram2.rules $(DESTDIR)/usr/lib/udev/rules.d/59-zram2.rules
	install -D -m 644 dist/zram2-swap.service $(DESTDIR)/usr/lib/systemd/system/zram2-swap.service
	install -D -m 755 dist/zram2-swap $(DESTDIR)/usr/lib/zram2/zram2-swap
	install -D -m 644 dist/zram2.4 $(DESTDIR)/usr/share/man/man4/zram2.4
	install -D -m 644 dist/modprobe.d/zram2-drop-in.conf $(DESTDIR)$(DOCDIR)/zram2-drop-in.conf
	install -D -m 644 README.md $(DESTDIR)$(DOCDIR)/README.md
	test -e $(DESTDIR)/etc/zram2-swap.conf || \
		install -D -m 644 dist/zram2-swap.conf $(DESTDIR)/etc/zram2-swap.conf

# In the order in which things depend on each other: swap, the module, its source.
uninstall:
	$(Q)dist/preflight remove
	-$(Q)! command -v systemctl >/dev/null || systemctl --quiet disable --now zram2-swap.service
	$(Q)$(foreach package,$(PACKAGES),$(call REMOVE_ALL,$(package));)
	rm -rf $(SRCDIR) /usr/lib/zram2 $(DOCDIR)
	rm -f /usr/lib/udev/rules.d/59-zram2.rules /usr/lib/systemd/system/zram2-swap.service \
		/usr/share/man/man4/zram2.4 /etc/zram2-swap.conf

version:
	@echo $(VERSION)

# What packages are made of: build/zram2-VERSION.tar.gz.
TARBALL := build/zram2-$(VERSION).tar.gz
dist:
	$(Q)mkdir -p build
	$(Q)git ls-files -z | tar --null -T - --transform='s,^,zram2-$(VERSION)/,' --owner=0 --group=0 -czf $(TARBALL)
	@echo $(TARBALL)

clean:
	$(Q)rm -rf build
	$(Q)find src $(wildcard kunit) \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' \
		-o -name '.*.d' -o -name Module.symvers -o -name modules.order -o -name '.module-common.o' \) \
		-delete

help:
	@echo 'make                the module, for the running kernel (or KDIR=...)'
	@echo 'make install        install it through dkms; as root (DROP_IN=1: as zram.ko, in place of the kernel'"'"'s)'
	@echo 'make uninstall      take it away again; as root'
	@echo 'make dist           a tarball to make packages of'
	@echo 'make demo           boot a stock kernel with it and show what it does (KERNEL=6.1, 6.12, 7.2)'
	@echo 'make quick          lint, and what user-mode Linux runs in some minutes: before each commit'
	@echo 'make check          lint, compat, sim, fuzz, kunit, systest and vmtest, on all kernels: what CI runs (FULL=1: long cases on each)'
	@echo 'make lint           style, include rules, warnings'
	@echo 'make compat         what differs between kernels, in all its forms, against stubs'
	@echo 'make sim            what leaves memory by itself, on made-up machines: months of them in seconds'
	@echo 'make fuzz           wklz in user space with sanitizers, on other machines as well, and under libFuzzer (MINUTES=10)'
	@echo 'make kunit          the unit tests, in user-mode Linux with KASAN and lockdep (TARGET=kcsan: for data races; SUITE=name)'
	@echo 'make vmtest         the functional tests on stock kernels (KERNEL=6.12, CASE=10-basic)'
	@echo 'make pkgtest        the packages, in clean systems of Debian 12, 13 and sid (SUITE=trixie)'
	@echo 'make systest        Debian 13 booted with systemd, udev and the .deb: swap at boot, upgrade, zram-generator, zram-tools'
	@echo 'make torture        everything at once and with faults (MINUTES=10 SEED=1 TARGET="uml 6.1 6.12 7.2 kcsan")'
	@echo 'make coverage       how much of src/ the tests run, by file'
	@echo 'make bench          zram2 against the in-tree zram, more than an hour (QUICK=1: five minutes; SCENARIO="io swap")'
	@echo 'make clean          remove what was built here (downloads stay in ~/.cache/zram2)'

.PHONY: all module kunit lint compat sim fuzz check quick demo vmtest systest pkgtest torture coverage bench install preflight install-source install-files \
	uninstall version dist clean help
