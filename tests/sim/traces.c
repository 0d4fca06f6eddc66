// SPDX-License-Identifier: GPL-2.0
/*
 * What zram2 decides by itself, put to the test on months of made-up machines: for each
 * trace a line of figures, and whether it keeps what is promised of it.  All of it is
 * the same each time: there is no clock and no chance in it.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine.h"

#define SECOND		1000000ull
#define HOUR		3600u
#define DAY		86400u
#define APPS		60
#define APP_PAGES	600

static const char *trace;
static u32 bad;

static void ok(bool good, const char *format, ...)
{
	va_list args;

	printf("%sok - %s: ", good ? "" : "not ", trace);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	bad += !good;
}

static void row(const char *what, const struct machine *m)
{
	printf("# %-9s %-10s %8llu %9.1f %9.1f %9.1f %8.1f %8llu %6.1f\n", trace, what,
	       m->device_reads, m->written / 1e6, m->stall_us / 1e6, 1e6 * m->stall_us / m->us,
	       m->longest_us / 1e3, m->ticks, (double)m->looked / max(m->evicted, 1ull));
}

/* The longest time for which reads from the device took more than that, in minutes. */
static u32 longest_above(const struct machine *m, u64 from, u64 us)
{
	u32 run = 0, longest = 0;

	for (; from < m->us / (60 * SECOND) && from < MINUTES; from++) {
		run = m->minute_us[from] > us * 60 ? run + 1 : 0;
		longest = max(longest, run);
	}
	return longest;
}

/* Minutes from @from to @to in which reads from the device took more than @us a second. */
static u32 minutes_above(const struct machine *m, u64 from, u64 to, u64 us)
{
	u32 nr = 0;

	for (; from < to && from < MINUTES; from++)
		nr += m->minute_us[from] > us * 60;
	return nr;
}

/* A machine of 36000 pages, 40 % of which are in RAM, and a pool for half of the rest. */
static const struct setup desktop = {
	.pages = APPS * APP_PAGES, .ram = APPS * APP_PAGES * 2 / 5,
	.high = 11 * MIB, .limit = 25 * MIB / 2, .room = 4 * GIB,
	.read_us = 500, .write_rate = 150000, .budget = 64 * GIB,
};

/* The same with RAM and pool in one: what one takes the other can't have. */
static struct setup shared(void)
{
	struct setup is = desktop;

	is.memory = is.ram * (u64)PAGE_SIZE + is.limit;
	is.ram = 0;
	is.high = is.memory;
	is.limit = is.memory;
	is.own_limit = true;
	return is;
}

/* A switch to an app: few of its pages are needed always, and many hardly ever. */
static void app_use(struct machine *m, u32 app)
{
	u32 i;

	for (i = 0; i < APP_PAGES; i++) {
		double often = i % 20 < 7 ? .9 : i % 20 < 12 ? .15 : .001;

		if (machine_chance(m) < often)
			machine_touch(m, app * APP_PAGES + i);
	}
}

static void app_start_all(struct machine *m)
{
	u32 i;

	for (i = 0; i < m->is.pages; i++) {
		if (i % APP_PAGES == 0)
			machine_run(m, 20 * SECOND);
		machine_touch(m, i);
	}
}

/* Some apps are used often, others seldom, and which changes in the course of hours. */
static u32 app_next(struct machine *m)
{
	static double weight[APPS], sum;
	double at;
	u32 i;

	if (!sum)
		for (i = 0; i < APPS; i++)
			sum += weight[i] = 1 / pow(i + 1, .9);
	at = machine_chance(m) * sum;
	for (i = 0; i < APPS - 1 && at > weight[i]; i++)
		at -= weight[i];
	return (i + m->us / SECOND / (2 * HOUR) * 7) % APPS;
}

static void use_apps(struct machine *m, u32 seconds)
{
	u64 end = m->us + seconds * SECOND, next = m->us + HOUR * SECOND;

	while (m->us < end) {
		app_use(m, app_next(m));
		machine_run(m, (10 + machine_random(m, 60)) * SECOND);
		if (m->is.way == SCRIPT && m->us >= next) {
			machine_script(m, HOUR);
			next += HOUR * SECOND;
		}
	}
}

/* The first hour doesn't count: what is never used leaves in it, whoever decides. */
static struct machine *desktop_run(enum way way, u32 seconds, struct machine *before)
{
	struct setup is = desktop;
	struct machine *m;

	is.way = way;
	m = machine_new(&is);
	app_start_all(m);
	use_apps(m, HOUR);
	*before = *m;
	use_apps(m, seconds);
	return m;
}

static void trace_switch(void)
{
	static const char *const names[] = { "zram2", "lower", "fifo", "script" };
	static struct machine before;
	struct machine *m[4];
	enum way way;

	for (way = AUTO; way <= SCRIPT; way++) {
		m[way] = desktop_run(way, 9 * HOUR, &before);
		m[way]->device_reads -= before.device_reads;
		m[way]->written -= before.written;
		row(names[way], m[way]);
	}
	ok(m[AUTO]->device_reads * 100 <= m[LOWER]->device_reads * 65,
	   "at most 0.65 of the reads of a disk of lower priority");
	ok(m[AUTO]->written * 100 <= m[LOWER]->written * 35, "and 0.35 of its writes");
	ok(m[AUTO]->device_reads * 100 <= m[SCRIPT]->device_reads * 60,
	   "0.6 of the reads of an hourly script");
	ok(m[AUTO]->device_reads <= m[FIFO]->device_reads,
	   "no more reads than where the first to come leave first");
	ok(!m[AUTO]->failed && !m[AUTO]->longest_us, "no write waits or fails");
	for (way = AUTO; way <= SCRIPT; way++)
		machine_free(m[way]);
}

/* Files are read without end: what nobody uses leaves once, and that is all. */
static void trace_stream(void)
{
	struct setup is = shared();
	struct machine *m = machine_new(&is);
	u64 first = 0, second = 0, pool;
	u32 i, j;

	app_start_all(m);
	use_apps(m, HOUR);
	pool = m->pool;
	for (j = 0; j < 2; j++) {
		first = second;
		second = m->written;
		for (i = 0; i < HOUR; i++) {
			machine_stream(m, 1000);
			machine_run(m, SECOND);
		}
		second = m->written - second;
	}
	row("zram2", m);
	ok(first > 0 && first <= pool, "what was there leaves, and no more");
	ok(second <= first / 20, "once");
	ok(m->pool < pool / 20, "in the end nothing old is left in memory");
	machine_free(m);
}

/* All of a set that is larger than memory is used again and again. */
static void trace_thrash(void)
{
	struct machine *m[2];
	enum way way;
	u32 i;

	for (way = AUTO; way <= LOWER; way++) {
		struct setup is = desktop;

		is.way = way;
		m[way] = machine_new(&is);
		for (i = 0; i < 400000; i++) {
			machine_touch(m[way], machine_random(m[way], is.pages));
			machine_run(m[way], 200);
		}
		row(way == AUTO ? "zram2" : "lower", m[way]);
	}
	ok(m[AUTO]->device_reads * 100 <= m[LOWER]->device_reads * 125,
	   "at most a quarter more reads than without it");
	/* The third that they compress to, but the larger ones go first. */
	ok(m[AUTO]->written * 100 <= m[LOWER]->written * 55, "at most 0.55 of the writes");
	ok(!m[AUTO]->failed, "no write fails");
	ok(m[AUTO]->longest_us <= SECOND, "nor waits for a second");
	machine_free(m[AUTO]);
	machine_free(m[LOWER]);
}

/* At night a job goes once over more than there is; in the morning all is as it was. */
static void trace_nightly(void)
{
	struct setup is = shared();
	struct machine *m;
	u32 apps = is.pages, day, i, bad_minutes = 0;
	u64 before, job = 0;

	is.pages += 15000;
	m = machine_new(&is);
	app_start_all(m);
	for (day = 0; day < 4; day++) {
		u64 morning;

		use_apps(m, 14 * HOUR);
		before = m->written;
		for (i = apps; i < is.pages; i++) {
			machine_touch(m, i);
			machine_run(m, 100000);
		}
		for (i = apps; i < is.pages; i++)
			machine_drop(m, i);
		machine_run(m, 8 * HOUR * SECOND);
		job = max(job, m->written - before);
		morning = m->us / (60 * SECOND);
		use_apps(m, HOUR);
		if (day)
			bad_minutes += minutes_above(m, morning + 20, morning + 60, 20000);
	}
	row("zram2", m);
	ok(job <= 15000 * PAGE_SIZE / 2,
	   "a night writes %.1f MB, half of what the job took at most", job / 1e6);
	ok(!bad_minutes, "twenty minutes into a day reads take less than 2 %% (%u don't)",
	   bad_minutes);
	ok(!m->failed, "no write fails");
	machine_free(m);
}

/* Somebody allocates as fast as he can. */
static void trace_hog(void)
{
	struct setup is = desktop;
	struct machine *m;
	u32 i;

	is.pages = 100000;
	is.ram = 5000;
	m = machine_new(&is);
	for (i = 0; i < is.pages; i++) {
		machine_touch(m, i);
		machine_run(m, 4);
	}
	row("zram2", m);
	ok(!m->failed, "no write fails while the device has room");
	ok(m->evicted > 80000, "what doesn't fit is on the device");
	ok(m->longest_us <= SECOND, "the longest wait is below a second");
	machine_free(m);

	is.room = 32 * MIB;
	m = machine_new(&is);
	for (i = 0; i < is.pages; i++)
		machine_touch(m, i);
	row("full", m);
	ok(m->failed > 0, "there is an end to it");
	ok(m->live > is.room - MIB && m->live < is.room + PAGE_SIZE,
	   "the device is full then, and no more is written to it");
	ok(m->longest_us <= SECOND, "what fails then fails fast");
	machine_free(m);
}

/* The machine is short of memory, the pool isn't: what is read back has its target. */
static void pressed_on(u32 read_us, u32 write_rate, bool rotating, const char *what)
{
	struct setup is = shared();
	struct machine *m;
	u64 warm, stall;
	u32 i;

	is.read_us = read_us;
	is.write_rate = write_rate;
	is.rotating = rotating;
	is.budget = rotating ? 0 : is.budget;
	m = machine_new(&is);
	app_start_all(m);
	use_apps(m, 2 * HOUR);
	warm = m->us;
	stall = m->stall_us;
	for (i = 0; i < 10 * HOUR / 40; i++) {
		app_use(m, app_next(m));
		machine_stream(m, 8000);
		machine_run(m, 40 * SECOND);
	}
	row(what, m);
	/* The target is 0.1 %, and what is read next it doesn't know. */
	ok((m->stall_us - stall) * 10000 <= 15 * (m->us - warm),
	   "%s: reads take %.3f %% of the time, 0.15 %% at most", what,
	   100.0 * (m->stall_us - stall) / (m->us - warm));
	ok(m->written > 0, "%s: it is used all the same", what);
	machine_free(m);
}

static void trace_device(void)
{
	pressed_on(100, 2000000, false, "nvme");
	pressed_on(500, 150000, false, "emmc");
	pressed_on(5000, 20000, false, "sd");
	pressed_on(10000, 100000, true, "rotating");
}

/* A year of demand that never ends, and of pages that are always cold. */
static void trace_wear(void)
{
	static struct z2_policy policy;
	static struct z2_score_hist hist;
	static const struct z2_pace_io io;
	struct z2_policy_in in = {
		.pool = GIB, .high = 2 * GIB, .limit = 4 * GIB, .room = 1ull << 50, .batch = 32,
	};
	u64 budget = 2 * GIB;
	u32 now, must = 0;

	z2_policy_init(&policy, budget, false, 0, 0);
	policy.heat.reads = 1000;
	for (now = 0; now < 365 * DAY; now += 60) {
		struct z2_policy_plan plan;

		memset(&hist, 0, sizeof(hist));
		z2_score_add(&hist, 100, GIB);
		z2_policy_reads(&policy, NULL, &io, now);
		z2_policy_survey(&policy, &hist, now);
		in.now = now;
		in.boot = now;
		in.demand = GIB;
		in.pool = now % DAY < HOUR ? 3 * GIB : GIB;
		plan = z2_policy_plan(&policy, &in);
		must += plan.fail;
		z2_wear_spend(&policy.wear, plan.bytes);
	}
	printf("# %-9s %-10s %8s %9.1f\n", trace, "zram2", "-", policy.wear.written / 1e6);
	ok(policy.wear.written <= budget / 2 + 365 * budget + budget * 365 / 100,
	   "a year writes its budget, and the half of a day that it begins with");
	ok(policy.wear.written >= 360 * budget, "and uses it");
	ok(!must, "nobody waited");
}

/* From boot on memory is wanted, and nobody knows yet what is used. */
static void trace_cold(void)
{
	struct setup is = shared();
	struct machine *m = machine_new(&is);
	u64 most = 0, pool = 0;
	u32 i;

	for (i = 0; i < is.pages && m->policy.heat.reads < 64; i++) {
		machine_touch(m, i);
		machine_run(m, 100000);
		machine_stream(m, 20);
		pool = max(pool, m->pool);
		most = max(most, m->written);
	}
	row("zram2", m);
	ok(m->us > 30 * 60 * SECOND, "it is seen for half an hour");
	ok(most <= (m->us / (60 * SECOND) + 1) * pool / 64,
	   "a minute takes at most 1/64 of the pool");
	machine_free(m);
}

/* A laptop that is closed each evening, and one that isn't but does nothing. */
static void trace_suspend(void)
{
	struct setup is = shared();
	struct machine *m[2];
	u32 day, i;

	is.budget = 0;
	for (i = 0; i < 2; i++) {
		m[i] = machine_new(&is);
		app_start_all(m[i]);
		for (day = 0; day < 5; day++) {
			use_apps(m[i], 2 * HOUR);
			if (i)
				machine_sleep(m[i], 16 * HOUR);
		}
		row(i ? "sleeps" : "awake", m[i]);
	}
	ok(m[0]->written > 0, "something leaves");
	ok(m[0]->written == m[1]->written && m[0]->device_reads == m[1]->device_reads,
	   "sleep makes no difference to what does");
	machine_free(m[0]);
	machine_free(m[1]);
}

/* A week in which there is memory enough. */
static void trace_calm(void)
{
	struct setup is = desktop;
	struct machine *m;

	is.high = GIB;
	is.limit = 2 * GIB;
	m = machine_new(&is);
	app_start_all(m);
	use_apps(m, 7 * DAY);
	row("zram2", m);
	ok(!m->written, "nothing is written");
	ok(!m->ticks, "nothing ticks");
	machine_free(m);
}

/* Somebody comes back after an hour, and needs what he left. */
static void trace_lunch(void)
{
	struct setup is = shared();
	struct machine *m = machine_new(&is);
	u64 minute, stall;
	u32 i, turns;

	app_start_all(m);
	use_apps(m, 3 * HOUR);
	for (i = 0; i < HOUR; i++) {
		machine_stream(m, 200);
		machine_run(m, SECOND);
	}
	minute = m->us / (60 * SECOND);
	stall = m->stall_us;
	turns = m->turns;
	for (i = 0; i < APPS; i++)
		app_use(m, i);
	stall = m->stall_us - stall;
	for (i = 0; i < HOUR; i++) {
		machine_stream(m, 20);
		if (i % 40 == 0)
			app_use(m, app_next(m));
		machine_run(m, SECOND);
	}
	row("zram2", m);
	ok(stall > SECOND, "coming back takes %.1f s of reading", stall / 1e6);
	ok(m->turns - turns <= 2, "the threshold turns %u times in the hour after it",
	   m->turns - turns);
	ok(minutes_above(m, minute + 5, minute + 60, 20000) == 0, "five minutes later all is well");
	machine_free(m);
}

/* At once twice as much is used. */
static void trace_step(void)
{
	struct setup is = shared();
	struct machine *m = machine_new(&is);
	u64 minute;
	u32 i, slow;

	app_start_all(m);
	for (i = 0; i < 2000; i++) {
		app_use(m, i % 12);
		machine_stream(m, 300);
		machine_run(m, 5 * SECOND);
	}
	minute = m->us / (60 * SECOND);
	for (i = 0; i < 1500; i++) {
		app_use(m, i % 24);
		machine_stream(m, 300);
		machine_run(m, 5 * SECOND);
	}
	/* A round of them takes two minutes. */
	slow = longest_above(m, minute + 3, 1000);
	row("zram2", m);
	ok(slow <= 2, "once all is read back reads are above their target for %u minutes on end",
	   slow);
	ok(m->policy.pace.backoff == 0, "and the back-off is over");
	machine_free(m);
}

int main(void)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} traces[] = {
		{ "switch", trace_switch }, { "stream", trace_stream },
		{ "thrash", trace_thrash }, { "nightly", trace_nightly },
		{ "hog", trace_hog }, { "device", trace_device }, { "wear", trace_wear },
		{ "cold", trace_cold }, { "suspend", trace_suspend }, { "calm", trace_calm },
		{ "lunch", trace_lunch }, { "step", trace_step },
	};
	u32 i;

	printf("# %-9s %-10s %8s %9s %9s %9s %8s %8s %6s\n", "trace", "who", "reads", "MB out",
	       "stall s", "us/s", "wait ms", "ticks", "looked");
	for (i = 0; i < ARRAY_SIZE(traces); i++) {
		trace = traces[i].name;
		traces[i].run();
	}
	return bad > 0;
}
