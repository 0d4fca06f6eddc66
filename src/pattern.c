// SPDX-License-Identifier: GPL-2.0
/* Same-filled pages: found before anything is compressed, kept as one word. */
#include <linux/mm.h>
#include <linux/string.h>

#include <zram2/pattern.h>

#define WORDS		(PAGE_SIZE / sizeof(unsigned long))
#define WORDS_A_STEP	8

/**
 * z2_pattern_find() - is a page one word repeated?
 * @page: PAGE_SIZE bytes, word aligned
 * @value: set to the word if so
 *
 * The last word is looked at first: a page that begins with zeroes mostly
 * ends otherwise.  Then eight words a step, so that the compiler may use
 * vectors and a page that differs early costs one step.
 *
 * Context: any.
 */
bool z2_pattern_find(const void *page, unsigned long *value)
{
	const unsigned long *word = page;
	unsigned long first = word[0];
	unsigned int i, j;

	if (word[WORDS - 1] != first)
		return false;

	for (i = 0; i < WORDS; i += WORDS_A_STEP) {
		unsigned long differs = 0;

		for (j = 0; j < WORDS_A_STEP; j++)
			differs |= word[i + j] ^ first;
		if (differs)
			return false;
	}

	*value = first;
	return true;
}

/**
 * z2_pattern_fill() - fill a page with a word
 * @page: PAGE_SIZE bytes, word aligned
 * @value: the word
 *
 * Context: any.
 */
void z2_pattern_fill(void *page, unsigned long value)
{
	memset_l(page, value, WORDS);
}
