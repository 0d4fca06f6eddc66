// SPDX-License-Identifier: GPL-2.0
/* The pages that are compressed, and the order in which that is done. */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "measure.h"
#include "pages.h"

static int read_pages(struct corpus *corpus, struct file *file, unsigned int nr)
{
	loff_t pos = 0;

	corpus->pages = vzalloc(array_size(nr, sizeof(*corpus->pages)));
	corpus->order = vzalloc(array_size(nr, sizeof(*corpus->order)));
	if (!corpus->pages || !corpus->order)
		return -ENOMEM;
	for (; corpus->nr < nr; corpus->nr++) {
		u8 *page = (u8 *)__get_free_page(GFP_KERNEL);
		ssize_t len;

		if (!page)
			return -ENOMEM;
		corpus->pages[corpus->nr] = page;
		corpus->order[corpus->nr] = corpus->nr;
		len = kernel_read(file, page, PAGE_SIZE, &pos);
		if (len != PAGE_SIZE) {
			free_page((unsigned long)page);
			return len < 0 ? len : -EIO;
		}
		cond_resched();
	}
	return 0;
}

int corpus_read(struct corpus *corpus, const char *path)
{
	struct file *file = filp_open(path, O_RDONLY, 0);
	loff_t nr;
	int err = -EINVAL;

	if (IS_ERR(file))
		return PTR_ERR(file);
	memset(corpus, 0, sizeof(*corpus));
	nr = i_size_read(file_inode(file)) >> PAGE_SHIFT;
	if (nr > 0 && nr <= U32_MAX)
		err = read_pages(corpus, file, nr);
	filp_close(file, NULL);
	if (err)
		corpus_free(corpus);
	return err;
}

void corpus_shuffle(struct corpus *corpus, u64 seed)
{
	struct bench_rng rng = { seed };
	unsigned int i;

	for (i = 1; i < corpus->nr; i++) {
		/* Drawn once: swap() evaluates what it is given more than once. */
		u32 j = bench_below(&rng, i + 1);

		swap(corpus->order[i], corpus->order[j]);
	}
}

void corpus_free(struct corpus *corpus)
{
	while (corpus->nr)
		free_page((unsigned long)corpus->pages[--corpus->nr]);
	vfree(corpus->pages);
	vfree(corpus->order);
	memset(corpus, 0, sizeof(*corpus));
}
